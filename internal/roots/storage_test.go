package roots

import "testing"

const storageConf = `
# comments as distributions ship them
[storage]
driver = "overlay"
runroot = %q
graphroot = %q
%s

[storage.options]
additionalimagestores = [
]
pull_options = {enable_partial_images = "true", use_hard_links = "false", ostree_repos=""}

[storage.options.overlay]
mountopt = "nodev,metacopy=on"
`

func TestFindPodman(t *testing.T) {
	etc, usr := "/etc/containers/storage.conf", "/usr/share/containers/storage.conf"
	runFind(t, []search{
		{
			name:  "default directories",
			files: files{"/var/lib/containers/storage/overlay/": "", "/run/containers/storage/": ""},
			want: []string{
				"podman run root /run/containers/storage (default)",
				"podman graph root /var/lib/containers/storage (default)",
			},
			covers: []string{
				"/var/lib/containers", "/var/lib/containers/storage/overlay", "/var/lib/containers/storage/overlay-containers",
				"/var/lib/containers/storage/vfs-containers",
				"/var/lib/containers/storage/btrfs-containers", "/var/lib/containers/storage/zfs-containers", "/var/lib/containers/storage/btrfs/subvolumes",
				"/var/lib/containers/storage/zfs/graph", "/var/lib/containers/storage/volumes",
				"/run/containers/storage/overlay-containers", "/run/containers/storage/overlay",
			},
			not: []string{
				"/var/lib/containers/cache", "/var/lib/containers/storage/overlay/" + id, "/var/lib/containers/storage/overlay-images",
				"/var/lib/containers/storage/overlay-containers/" + id, "/run/containers/storage/overlay-locks",
			},
		},
		{
			name:  "the distribution's file",
			files: files{usr: sprintf(storageConf, "/run/store", "/data/store", "")},
			want: []string{
				"podman graph root /data/store (" + usr + ": graphroot)",
				"podman run root /run/store (" + usr + ": runroot)",
			},
			covers: []string{"/data/store/overlay", "/run/store/overlay-containers"},
		},
		{
			name: "the administrator's file hides it",
			files: files{
				usr: sprintf(storageConf, "/run/store", "/data/store", ""),
				etc: sprintf(storageConf, "/run/mine", "/data/mine", `imagestore = "/data/images"`),
			},
			want: []string{
				"podman graph root /data/images (" + etc + ": imagestore)",
				"podman graph root /data/mine (" + etc + ": graphroot)",
				"podman run root /run/mine (" + etc + ": runroot)",
			},
		},
		{
			name:  "a file in the environment",
			env:   map[string]string{"CONTAINERS_STORAGE_CONF": "/opt/storage.conf"},
			files: files{"/opt/storage.conf": sprintf(storageConf, "/run/opt", "/data/opt", "")},
			want: []string{
				"podman graph root /data/opt (/opt/storage.conf: graphroot)",
				"podman run root /run/opt (/opt/storage.conf: runroot)",
			},
		},
		{
			name: "rootless: defaults, and the path that the administrator sets",
			uid:  1000,
			env:  map[string]string{"HOME": "/home/u", "XDG_RUNTIME_DIR": "/run/user/1000", "USER": "u"},
			files: files{
				etc: sprintf(storageConf, "/run/containers/storage", "/var/lib/containers/storage", `rootless_storage_path = "/scratch/$USER/$UID/storage"`),
				"/home/u/.local/share/containers/storage/": "",
				"/run/user/1000/containers/":               "",
				"/run/user/1000/netns/":                    "",
			},
			want: []string{
				"namespaces namespace directory /run/user/1000/netns (default)",
				"podman graph root /home/u/.local/share/containers/storage (default)",
				"podman run root /run/containers/storage (" + etc + ": runroot)",
				"podman run root /run/user/1000/containers (default)",
				"podman graph root /scratch/u/1000/storage (" + etc + ": rootless_storage_path)",
				"podman graph root /var/lib/containers/storage (" + etc + ": graphroot)",
			},
			covers: []string{"/run/user/1000/netns", "/scratch/u"},
		},
		{
			name: "rootless inside its user namespace, with a file of the user's own",
			env:  map[string]string{"_CONTAINERS_ROOTLESS_UID": "1000", "HOME": "/home/u", "XDG_DATA_HOME": "/data/u"},
			files: files{
				"/home/u/.config/containers/storage.conf": sprintf(storageConf, "/run/user/$UID/store", "$HOME/store", ""),
				"/data/u/containers/storage/":             "",
			},
			want: []string{
				"podman graph root /data/u/containers/storage (default)",
				"podman graph root /home/u/store (/home/u/.config/containers/storage.conf: graphroot)",
				"podman run root /run/user/1000/store (/home/u/.config/containers/storage.conf: runroot)",
			},
		},
		{
			name:  "root has a file of its own only if the environment says so",
			env:   map[string]string{"HOME": "/root", "XDG_CONFIG_HOME": "/root/xdg", "_CONTAINERS_ROOTLESS_UID": "0"},
			files: files{"/root/.config/containers/storage.conf": "[storage]\ngraphroot = '/no'\n", "/root/xdg/containers/storage.conf": "[storage]\ngraphroot = '/yes'\n"},
			want:  []string{"podman graph root /yes (/root/xdg/containers/storage.conf: graphroot)"},
		},
		{
			name:  "and a home does not say so",
			env:   map[string]string{"HOME": "/root"},
			files: files{"/root/.config/containers/storage.conf": "[storage]\ngraphroot = '/no'\n"},
		},
		{
			name:  "a user without a home",
			uid:   1000,
			files: files{"/.config/containers/storage.conf": "[storage]\ngraphroot = '/no'\n"},
		},
		{
			name:  "a variable that is not set",
			files: files{etc: "[storage]\ngraphroot = '$HOME/storage'\n"},
		},
		{
			name:     "a broken administrator's file still hides the distribution's",
			files:    files{usr: "[storage]\ngraphroot = '/no'\n", etc: "[storage]\ngraphroot = \n"},
			warnings: []string{etc + ":2:"},
		},
	})
}

func TestFindCRIO(t *testing.T) {
	runFind(t, []search{
		{
			name: "crio.conf moves everything",
			files: files{
				"/etc/crio/crio.conf": `
[crio]
root = "/data/crio"
runroot = "/var/run/crio-storage"
storage_driver = "overlay"
log_dir = "/var/log/crio/pods"
[crio.api]
listen = "/var/run/crio/crio.sock"
[crio.runtime]
namespaces_dir = "/var/run/crio-ns"
default_runtime = "runc"
[crio.runtime.runtimes.runc]
runtime_path = ""
runtime_type = "oci"
`,
				"/var/run": "-> /run",
				"/run/":    "",
			},
			want: []string{
				"crio graph root /data/crio (/etc/crio/crio.conf: root)",
				"crio namespace directory /var/run/crio-ns/ipcns -> /run/crio-ns/ipcns (/etc/crio/crio.conf: namespaces_dir)",
				"crio namespace directory /var/run/crio-ns/netns -> /run/crio-ns/netns (/etc/crio/crio.conf: namespaces_dir)",
				"crio namespace directory /var/run/crio-ns/pidns -> /run/crio-ns/pidns (/etc/crio/crio.conf: namespaces_dir)",
				"crio namespace directory /var/run/crio-ns/userns -> /run/crio-ns/userns (/etc/crio/crio.conf: namespaces_dir)",
				"crio namespace directory /var/run/crio-ns/utsns -> /run/crio-ns/utsns (/etc/crio/crio.conf: namespaces_dir)",
				"crio run root /var/run/crio-storage -> /run/crio-storage (/etc/crio/crio.conf: runroot)",
			},
			covers: []string{"/data/crio/overlay", "/run/crio-storage/overlay-containers", "/run/crio-ns", "/run/crio-ns/utsns"},
			not:    []string{"/run/crio-ns/utsns/7c6f", "/run/crio"},
		},
		{
			name: "drop-ins in order, one value each",
			files: files{
				"/etc/crio/crio.conf":                "[crio]\nroot = \"/main\"\n",
				"/etc/crio/crio.conf.d/10-root.conf": "[crio]\nroot = \"/ten\"\n",
				"/etc/crio/crio.conf.d/20-run":       "[crio]\nrunroot = \"/twenty\"\n",
				"/etc/crio/crio.conf.d/99-bad":       "[crio]\nroot = \"/bad\"\n[crio\n",
			},
			want: []string{
				"crio graph root /ten (/etc/crio/crio.conf.d/10-root.conf: root)",
				"crio run root /twenty (/etc/crio/crio.conf.d/20-run: runroot)",
			},
			warnings: []string{"/etc/crio/crio.conf.d/99-bad:3:"},
		},
		{
			name: "what it shares with podman is one root, under the name of what is configured",
			files: files{
				"/var/lib/containers/storage/": "",
				"/run/netns/":                  "",
				"/etc/crio/crio.conf":          "[crio]\nroot = \"/var/lib/containers/storage\"\n[crio.runtime]\nnamespaces_dir = \"/run\"\n",
			},
			want: []string{
				"crio namespace directory /run/ipcns (/etc/crio/crio.conf: namespaces_dir)",
				"crio namespace directory /run/netns (/etc/crio/crio.conf: namespaces_dir; default)",
				"crio namespace directory /run/pidns (/etc/crio/crio.conf: namespaces_dir)",
				"crio namespace directory /run/userns (/etc/crio/crio.conf: namespaces_dir)",
				"crio namespace directory /run/utsns (/etc/crio/crio.conf: namespaces_dir)",
				"crio graph root /var/lib/containers/storage (/etc/crio/crio.conf: root; default)",
			},
		},
	})
}

func TestFindNamespaces(t *testing.T) {
	runFind(t, []search{{
		name:  "root's are those of the system",
		files: files{"/run/user/0/netns/": ""},
		env:   map[string]string{"XDG_RUNTIME_DIR": "/run/user/0"},
	}, {
		name:  "a user without a directory for them",
		files: files{"/netns/": ""},
		uid:   1000,
	}, {
		name:  "all kinds",
		files: files{"/run/netns/": "", "/run/ipcns/": "", "/run/utsns/": "", "/run/userns/": "", "/run/pidns/": "", "/run/mntns/": ""},
		want: []string{
			"namespaces namespace directory /run/ipcns (default)",
			"namespaces namespace directory /run/netns (default)",
			"namespaces namespace directory /run/pidns (default)",
			"namespaces namespace directory /run/userns (default)",
			"namespaces namespace directory /run/utsns (default)",
		},
		covers: []string{"/run", "/run/netns"},
		not:    []string{"/run/netns/cni-1", "/run/mntns"},
	}})
}
