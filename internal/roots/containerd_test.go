package roots

import "testing"

func TestFindContainerd(t *testing.T) {
	moved := []string{
		"containerd data root /data/containerd (/etc/containerd/config.toml: root)",
		"containerd state directory /data/run -> /srv/run (/etc/containerd/config.toml: state)",
	}
	movedLink := "-> /srv/run"
	runFind(t, []search{
		{
			name:  "default directories",
			files: files{"/var/lib/containerd/": "", "/run/containerd/": ""},
			want: []string{
				"containerd state directory /run/containerd (default)",
				"containerd data root /var/lib/containerd (default)",
			},
			covers: []string{
				"/", "/run", "/run/containerd",
				"/run/containerd/io.containerd.runtime.v2.task", "/run/containerd/io.containerd.runtime.v2.task/k8s.io",
				"/run/containerd/io.containerd.runtime.v1.linux/moby", "/run/containerd/io.containerd.grpc.v1.cri",
				"/run/containerd/io.containerd.grpc.v1.cri/sandboxes", "/run/containerd/io.containerd.grpc.v1.cri/image-volumes",
				"/run/containerd/io.containerd.grpc.v1.cri/netns", "/run/containerd/io.containerd.mount-manager.v1.bolt/t",
				"/run/containerd/io.containerd.sandbox.controller.v1.shim/k8s.io",
				"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs",
				"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots",
				"/var/lib/containerd/io.containerd.snapshotter.v1.native/snapshots",
				"/var/lib/containerd/io.containerd.snapshotter.v1.erofs/snapshots",
				"/var/lib/containerd/io.containerd.snapshotter.v1.stargz/snapshots",
				"/var/lib/containerd/io.containerd.snapshotter.v1.fuse-overlayfs/snapshots",
				"/var/lib/containerd/io.containerd.snapshotter.v1.btrfs/active",
				"/var/lib/containerd/io.containerd.snapshotter.v1.btrfs/view",
				"/var/lib/containerd/io.containerd.snapshotter.v1.btrfs/snapshots", "/var/lib/containerd/tmpmounts",
			},
			not: []string{
				"/run/containerd/s", "/run/containerd-fifo", "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + id,
				"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/" + id, "/run/containerd/io.containerd.grpc.v1.cri/containers",
				"/var/lib/containerd/io.containerd.content.v1.content", "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/7",
				"/var/lib/containerd/opt",
			},
		},
		{
			name: "version 1",
			files: files{"/data/run": movedLink, "/etc/containerd/config.toml": `
root = "/data/containerd"
state = "/data/run"
oom_score = 0
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins]
  [plugins.cgroups]
    no_prometheus = false
  [plugins.cri]
    stream_server_address = "127.0.0.1"
    netns_mounts_under_state_dir = true
    [plugins.cri.containerd]
      snapshotter = "overlayfs"
  [plugins.overlayfs]
    root_path = "/data/overlay"
`},
			want: []string{moved[0], "containerd snapshotter root /data/overlay (/etc/containerd/config.toml: plugins.overlayfs.root_path)", moved[1]},
			covers: []string{
				"/data/overlay/snapshots", "/data/overlay/active", "/data/overlay/view", "/srv/run/io.containerd.grpc.v1.cri/netns", "/data/containerd",
				"/srv/run/io.containerd.grpc.v1.cri/sandboxes",
			},
			not: []string{"/srv/run/io.containerd.grpc.v1.cri/netns/cni-1", "/data/overlay/snapshots/1"},
		},
		{
			name: "version 2",
			files: files{"/data/run": movedLink, "/etc/containerd/config.toml": `
version = 2
root = "/data/containerd"
state = "/data/run"
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    sandbox_image = "registry.k8s.io/pause:3.8"
    netns_mounts_under_state_dir = true
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.snapshotter.v1.devmapper"]
    root_path = ""
`},
			want:   moved,
			covers: []string{"/data/containerd/tmpmounts", "/srv/run/io.containerd.grpc.v1.cri/netns"},
		},
		{
			name: "version 3",
			files: files{"/data/run": movedLink, "/etc/containerd/config.toml": `
version = 3
root = '/data/containerd'
state = '/data/run'
temp = '/data/tmp'
[plugins]
  [plugins.'io.containerd.cri.v1.runtime']
    netns_mounts_under_state_dir = true
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = true
`},
			want:   []string{moved[0], "containerd temporary directory /data/tmp (/etc/containerd/config.toml: temp)", moved[1]},
			covers: []string{"/srv/run/io.containerd.grpc.v1.cri/netns", "/data/tmp"},
			not:    []string{"/data/tmp/ovl-idmapped1"},
		},
		{
			name: "version 4",
			files: files{"/data/run": movedLink, "/etc/containerd/config.toml": `
version = 4
root = '/data/containerd'
state = '/data/run'
[plugins.'io.containerd.server.v1.grpc']
  address = '/run/containerd/containerd.sock'
[plugins.'io.containerd.cri.v1.runtime']
  netns_mounts_under_state_dir = true
[plugins.'somebody.else.v1.x']
  root_path = 7
[proxy_plugins.stargz]
  type = 'snapshot'
  address = '/run/containerd-stargz-grpc/containerd-stargz-grpc.sock'
  [proxy_plugins.stargz.exports]
    root = '/data/stargz/'
`},
			want:   []string{moved[0], "containerd snapshotter root /data/stargz (/etc/containerd/config.toml: proxy_plugins.stargz.exports.root)", moved[1]},
			covers: []string{"/data/stargz/snapshotter/snapshots"},
			not:    []string{"/data/stargz/snapshotter/snapshots/3"},
		},
		{
			name: "imports, relative to the file they stand in, patterns, and in a circle",
			files: files{
				"/etc/containerd/config.toml":        "version = 3\nroot = '/main'\nimports = ['more/*.toml', '/opt/other.toml', 'missing.toml']\n",
				"/etc/containerd/more/a.toml":        "root = '/a'\nstate = '/a-state'\n",
				"/etc/containerd/more/b.toml":        "root = '/b'\nimports = ['deeper/c.toml', '../config.toml', 'b.toml']\n",
				"/etc/containerd/more/c.json":        "not toml",
				"/etc/containerd/more/deeper/c.toml": "temp = '/c'\n",
				"/opt/other.toml":                    "state = '/other-state'\n",
			},
			want: []string{
				"containerd data root /b (/etc/containerd/more/b.toml: root)",
				"containerd temporary directory /c (/etc/containerd/more/deeper/c.toml: temp)",
				"containerd state directory /other-state (/opt/other.toml: state)",
			},
		},
		{
			name: "drop-ins that are imported override",
			files: files{
				"/etc/containerd/config.toml":    "version = 3\nroot = '/main'\nimports = ['/etc/containerd/conf.d/*.toml']\n",
				"/etc/containerd/conf.d/10.toml": "root = '/ten'\n",
				"/etc/containerd/conf.d/20.toml": "version = 3\nroot = '/twenty'\n",
			},
			want: []string{"containerd data root /twenty (/etc/containerd/conf.d/20.toml: root)"},
		},
		{
			name: "drop-ins that are not imported only add",
			files: files{
				"/etc/containerd/config.toml":    "version = 3\nroot = '/main'\n",
				"/etc/containerd/conf.d/10.toml": "root = '/ten'\n",
			},
			want: []string{
				"containerd data root /main (/etc/containerd/config.toml: root)",
				"containerd data root /ten (/etc/containerd/conf.d/10.toml: root)",
			},
		},
		{
			name:  "drop-ins without a main file",
			files: files{"/etc/containerd/conf.d/10.toml": "state = '/ten'\n"},
			want:  []string{"containerd state directory /ten (/etc/containerd/conf.d/10.toml: state)"},
		},
		{
			name: "a broken file is a warning and its neighbours are read",
			files: files{
				"/etc/containerd/config.toml": "version = 3\nimports = ['a.toml', 'b.toml']\n",
				"/etc/containerd/a.toml":      "root = '/a'\nstate = [\n",
				"/etc/containerd/b.toml":      "state = '/b'\n",
			},
			want:     []string{"containerd state directory /b (/etc/containerd/b.toml: state)"},
			warnings: []string{"/etc/containerd/a.toml:"},
		},
		{
			name:     "never the root directory",
			files:    files{"/etc/containerd/config.toml": "root = '/'\nstate = '/x/..'\n"},
			warnings: []string{"config.toml: root: / is the root", "config.toml: state: / is the root"},
		},
	})
}

func TestImportsAreBounded(t *testing.T) {
	tree := files{"/etc/containerd/config.toml": "imports = ['d/*', 'e/*']\n"}
	for i := range 100 {
		tree[sprintf("/etc/containerd/d/%03d.toml", i)] = sprintf("root = '/r%d'\nimports = ['d%d/*']\n", i, i)
		tree[sprintf("/etc/containerd/e/%03d.toml", i)] = ""
	}
	// The main file and 63 of d.
	search{
		want: []string{"containerd data root /r62 (/etc/containerd/d/062.toml: root)"},
	}.check(t, Find(search{files: tree}.host(t)))
}
