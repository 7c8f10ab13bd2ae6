package roots

import "testing"

// A daemon.json as people write it.
const daemonJSON = `{
  "log-driver": "json-file",
  "log-opts": { "max-size": "100m", "max-file": "3" },
  "storage-driver": "overlay2",
  "storage-opts": ["overlay2.override_kernel_check=true"],
  "default-ulimits": { "nofile": { "Name": "nofile", "Hard": 65535, "Soft": 65535 } },
  "exec-opts": ["native.cgroupdriver=systemd"],
  "live-restore": true,
  %s
}`

func TestFindDocker(t *testing.T) {
	runFind(t, []search{
		{
			name:  "default directories",
			files: files{"/var/lib/docker/overlay2/": "", "/run/docker/netns/": "", "/var/run": "-> /run"},
			want: []string{
				"docker exec root /run/docker (default)",
				"docker data root /var/lib/docker (default)",
			},
			covers: []string{
				"/", "/var", "/var/lib", "/var/lib/docker", "/var/lib/docker/overlay2", "/var/lib/docker/containers",
				"/var/lib/docker/volumes", "/var/lib/docker/plugins", "/var/lib/docker/tmp",
				"/var/lib/docker/rootfs", "/var/lib/docker/rootfs/overlayfs", "/var/lib/docker/devicemapper/mnt",
				"/var/lib/docker/devicemapper", "/var/lib/docker/aufs/mnt", "/var/lib/docker/btrfs/subvolumes",
				"/var/lib/docker/zfs/graph", "/var/lib/docker/overlay", "/var/lib/docker/fuse-overlayfs",
				"/var/lib/docker/buildkit", "/var/lib/docker/buildkit/executor", "/run", "/run/docker", "/run/docker/netns",
			},
			not: []string{
				"/var/lib/docker-old", "/var/lib/dockershim", "/var/lib/docker/image", "/var/lib/docker/overlay2/" + id,
				"/var/lib/docker/volumes/data", "/var/lib/docker/volumes/data/_data", "/var/lib/docker/containers/" + id,
				"/var/lib/docker/rootfs/overlayfs/" + id, "/var/lib/docker/devicemapper/metadata",
				"/run/docker/netns/1-6k3b5k", "/run/docker/plugins", "/var/lib/containerd",
			},
		},
		{name: "nothing installed", files: files{"/var/lib/": "", "/run/": ""}},
		{
			name: "daemon.json moves both",
			files: files{
				"/etc/docker/daemon.json": sprintf(daemonJSON, `"data-root": "/data/docker", "exec-root": "/var/run/engine"`),
				"/var/run":                "-> /run",
				"/run/":                   "",
			},
			want: []string{
				"docker data root /data/docker (/etc/docker/daemon.json: data-root)",
				"docker exec root /var/run/engine -> /run/engine (/etc/docker/daemon.json: exec-root)",
			},
			covers: []string{"/data", "/data/docker/overlay2", "/run/engine/netns"},
			not:    []string{"/var/lib/docker", "/data/docker/overlay2/" + id},
		},
		{
			name: "the old key for the data root, and a byte order mark",
			files: files{
				"/etc/docker/daemon.json": "\ufeff" + sprintf(daemonJSON, `"graph": "/home/docker_rt"`),
				"/var/lib/docker/":        "",
				"/home/docker_rt/":        "",
			},
			want: []string{
				"docker data root /home/docker_rt (/etc/docker/daemon.json: graph)",
				"docker data root /var/lib/docker (default)",
			},
			covers: []string{"/home", "/home/docker_rt"},
		},
		{
			name: "a data root behind a symbolic link",
			files: files{
				"/var/lib/docker":              "-> ../../mnt/disk1/docker",
				"/mnt/disk1/docker/containers": "-> /mnt/disk2/containers",
				"/mnt/disk2/containers/":       "",
			},
			want:   []string{"docker data root /var/lib/docker -> /mnt/disk1/docker (default)"},
			covers: []string{"/mnt", "/mnt/disk1/docker/overlay2", "/mnt/disk2", "/mnt/disk2/containers"},
			not:    []string{"/mnt/disk2/containers/" + id, "/mnt/disk1/docker/containers", "/var/lib"},
		},
		{
			name: "user namespaces remapped",
			files: files{
				"/var/lib/docker/165536.165536/overlay2/":          "",
				"/var/lib/docker/165536.165536/containerd/daemon/": "",
				"/var/lib/docker/1.x/":                             "",
			},
			want: []string{
				"containerd data root /var/lib/docker/165536.165536/containerd/daemon (default: userns-remap: dockerd's containerd)",
				"docker data root /var/lib/docker (default)",
				"docker data root /var/lib/docker/165536.165536 (default: userns-remap)",
			},
			covers: []string{"/var/lib/docker/165536.165536/overlay2"},
			not:    []string{"/var/lib/docker/1.x/overlay2"},
		},
		{
			name: "dockerd's own containerd below both of its roots",
			files: files{
				"/etc/docker/daemon.json":           sprintf(daemonJSON, `"data-root": "/data/docker", "exec-root": "/run/engine"`),
				"/data/docker/containerd/daemon/":   "",
				"/run/engine/containerd/daemon/":    "",
				"/run/engine/containerd/other/":     "",
				"/data/docker/containerd/something": "",
			},
			want: []string{
				"containerd data root /data/docker/containerd/daemon (/etc/docker/daemon.json: data-root: dockerd's containerd)",
				"containerd state directory /run/engine/containerd/daemon (/etc/docker/daemon.json: exec-root: dockerd's containerd)",
				"docker data root /data/docker (/etc/docker/daemon.json: data-root)",
				"docker exec root /run/engine (/etc/docker/daemon.json: exec-root)",
			},
			covers: []string{"/run/engine/containerd", "/run/engine/containerd/daemon/io.containerd.runtime.v2.task/moby"},
			not:    []string{"/run/engine/containerd/daemon/io.containerd.runtime.v2.task/moby/" + id},
		},
		{
			name: "the process that the pid file names",
			files: files{
				"/run/docker.pid": "812\n",
				"/proc/812/comm":  "dockerd\n",
				"/proc/812/cmdline": "/usr/bin/dockerd\x00-H\x00fd://\x00--containerd=/run/containerd/containerd.sock\x00" +
					"--data-root\x00/home/docker_rt\x00--exec-root=/run/engine\x00--config-file\x00/opt/docker.json\x00",
				"/opt/docker.json": `{"exec-root": "/run/engine2"}`,
			},
			want: []string{
				"docker data root /home/docker_rt (pid 812: dockerd --data-root)",
				"docker exec root /run/engine (pid 812: dockerd --exec-root)",
				"docker exec root /run/engine2 (pid 812: dockerd --config-file: /opt/docker.json: exec-root)",
			},
			covers: []string{"/home/docker_rt/overlay2"},
		},
		{
			name: "an old flag, and a pid file that daemon.json moves",
			files: files{
				"/etc/docker/daemon.json": `{"pidfile": "/var/run/engine.pid"}`,
				"/var/run":                "-> /run",
				"/run/engine.pid":         "31",
				"/proc/31/comm":           "exe\n", // as under a wrapper that renames
				"/proc/31/cmdline":        "/usr/libexec/docker/dockerd\x00-g\x00/srv/docker\x00",
			},
			want: []string{"docker data root /srv/docker (pid 31: exe -g)"},
		},
		{
			name: "a pid file that outlived its daemon",
			files: files{
				"/run/docker.pid":   "812",
				"/proc/812/comm":    "nginx\n",
				"/proc/812/cmdline": "nginx\x00--data-root=/srv/www\x00",
			},
		},
		{name: "a pid file that names nobody", files: files{"/run/docker.pid": "813"}},
		{
			name:  "a pid file with something else in it",
			files: files{"/run/docker.pid": "../1\n", "/1/comm": "dockerd\n", "/1/cmdline": "dockerd\x00--data-root=/x\x00"},
		},
		{
			name: "the docker snap",
			files: files{
				"/var/snap/docker/common/var-lib-docker/":            "",
				"/run/snap.docker/netns/":                            "",
				"/var/snap/docker/current":                           "-> 2904",
				"/var/snap/docker/2904/config/daemon.json":           `{"data-root": "/mnt/snapdata"}`,
				"/run/snap.docker/docker.pid":                        "77",
				"/proc/77/comm":                                      "dockerd\n",
				"/proc/77/cmdline":                                   "dockerd\x00--exec-root=/run/snap.docker\x00",
				"/var/snap/docker/common/var-lib-docker/containers/": "",
			},
			want: []string{
				"docker data root /mnt/snapdata (/var/snap/docker/current/config/daemon.json: data-root)",
				"docker exec root /run/snap.docker (pid 77: dockerd --exec-root; default)",
				"docker data root /var/snap/docker/common/var-lib-docker (default)",
			},
			covers: []string{"/run/snap.docker/netns", "/var/snap/docker/common"},
		},
		{
			name: "a broken daemon.json is a warning",
			files: files{
				"/etc/docker/daemon.json": "{\n  \"data-root\": \"/data\",\n  \"exec-root\": }\n",
				"/var/lib/docker/":        "",
			},
			want:     []string{"docker data root /var/lib/docker (default)"},
			warnings: []string{"/etc/docker/daemon.json:3:16: invalid character"},
		},
		{
			name:     "a value of the wrong type",
			files:    files{"/etc/docker/daemon.json": "{\"data-root\": 5}"},
			warnings: []string{"/etc/docker/daemon.json:1:15: "},
		},
		{
			name:     "never the root directory, never a relative path",
			files:    files{"/etc/docker/daemon.json": `{"data-root": "/", "exec-root": "docker", "graph": "/loop/x"}`, "/loop": "-> ./", "/x": "-> /"},
			warnings: []string{"/etc/docker/daemon.json: data-root: / is the root", "/etc/docker/daemon.json: graph: /loop/x is the root", `"docker" is not an absolute path`},
		},
	})
}
