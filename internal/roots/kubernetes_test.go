package roots

import "testing"

func TestFindKubelet(t *testing.T) {
	runFind(t, []search{
		{
			name:   "default directory",
			files:  files{"/var/lib/kubelet/pods/": ""},
			mounts: mounts("ext4 /var/lib/kubelet/plugins/kubernetes.io/fc/50060e801049cfd1-lun-0"),
			want:   []string{"kubelet kubelet directory /var/lib/kubelet (default)"},
			covers: []string{
				"/var/lib", "/var/lib/kubelet", "/var/lib/kubelet/pods", "/var/lib/kubelet/plugins",
				"/var/lib/kubelet/plugins/kubernetes.io", "/var/lib/kubelet/plugins/kubernetes.io/csi",
				"/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com", "/var/lib/kubelet/plugins/kubernetes.io/csi/pv",
				"/var/lib/kubelet/plugins/kubernetes.io/csi/volumeDevices/publish",
				"/var/lib/kubelet/plugins/kubernetes.io/csi/volumeDevices/staging",
				"/var/lib/kubelet/plugins/kubernetes.io/rbd/mounts", "/var/lib/kubelet/plugins/kubernetes.io/iscsi/iface-default",
				"/var/lib/kubelet/plugins/kubernetes.io/fc", "/var/lib/kubelet/plugins/kubernetes.io/flexvolume/x~y/mounts",
			},
			not: []string{
				"/var/lib/kubelet/pods/0f8a5c1e-3b1d-4a77-9a54-5c0f2e6f3d11", "/var/lib/kubelet/device-plugins", "/var/lib/kubelet/pki",
				"/var/lib/kubelet/plugins/ebs.csi.aws.com", "/var/lib/kubelet/plugins_registry",
				"/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/1234/globalmount",
				"/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/1234",
			},
		},
		{
			name: "kubeadm's environment files",
			files: files{
				"/var/lib/kubelet/kubeadm-flags.env": `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --root-dir=/data/a --pod-infra-container-image=registry.k8s.io/pause:3.9"` + "\n",
				"/etc/default/kubelet":               "#KUBELET_EXTRA_ARGS=--root-dir=/no\nexport KUBELET_EXTRA_ARGS='--node-ip=10.0.0.1 --root-dir /data/b'\n",
				"/etc/sysconfig/kubelet":             "\nKUBELET_EXTRA_ARGS=--root_dir=/data/c\nKUBELET_OTHER\n",
			},
			want: []string{
				"kubelet kubelet directory /data/a (/var/lib/kubelet/kubeadm-flags.env: KUBELET_KUBEADM_ARGS)",
				"kubelet kubelet directory /data/b (/etc/default/kubelet: KUBELET_EXTRA_ARGS)",
				"kubelet kubelet directory /data/c (/etc/sysconfig/kubelet: KUBELET_EXTRA_ARGS)",
				"kubelet kubelet directory /var/lib/kubelet (default)",
			},
			covers: []string{"/data/c/pods"},
		},
		{
			name:   "pods on another disk",
			files:  files{"/var/lib/kubelet/pods": "-> /mnt/pods", "/mnt/pods/": ""},
			want:   []string{"kubelet kubelet directory /var/lib/kubelet (default)"},
			covers: []string{"/mnt", "/mnt/pods", "/var/lib/kubelet"},
			not:    []string{"/mnt/pods/0f8a5c1e-3b1d-4a77-9a54-5c0f2e6f3d11"},
		},
	})
}

func TestFindRancher(t *testing.T) {
	runFind(t, []search{
		{
			name:  "k3s by default",
			files: files{"/var/lib/rancher/k3s/agent/containerd/": "", "/run/k3s/containerd/": "", "/var/lib/kubelet/": ""},
			want: []string{
				"containerd state directory /run/k3s/containerd (default)",
				"containerd data root /var/lib/rancher/k3s/agent/containerd (default)",
				"kubelet kubelet directory /var/lib/kubelet (default)",
			},
			covers: []string{"/var/lib/rancher", "/run/k3s", "/run/k3s/containerd/io.containerd.grpc.v1.cri/sandboxes"},
			not:    []string{"/var/lib/rancher/k3s/server"},
		},
		{
			name: "k3s moved by config.yaml, and its containerd by its own configuration",
			files: files{
				"/etc/rancher/k3s/config.yaml": "write-kubeconfig-mode: \"0644\"\n# data-dir: /no\ndata-dir: \"/data/k3s\" # the large disk\n" +
					"tls-san:\n  - foo.local\nkubelet-arg:\n  # - root-dir=/no\n  - \"max-pods=200\"\n  - \"root-dir=/data/kubelet\"\nnode-label:\n  - root-dir=/no\n",
				"/data/k3s/agent/etc/containerd/config.toml":             "version = 3\nimports = [\"/data/k3s/agent/etc/containerd/config-v3.toml.d/*.toml\"]\nroot = \"/data/k3s/agent/containerd\"\nstate = \"/run/k3s/containerd\"\n",
				"/data/k3s/agent/etc/containerd/config-v3.toml.d/a.toml": "version = 3\nstate = '/data/state'\n",
			},
			want: []string{
				"containerd data root /data/k3s/agent/containerd (/etc/rancher/k3s/config.yaml: data-dir; /data/k3s/agent/etc/containerd/config.toml: root)",
				"containerd state directory /data/state (/data/k3s/agent/etc/containerd/config-v3.toml.d/a.toml: state)",
				"kubelet kubelet directory /data/kubelet (/etc/rancher/k3s/config.yaml: kubelet-arg)",
			},
		},
		{
			name: "rke2 moved by a drop-in",
			files: files{
				"/etc/rancher/rke2/config.yaml.d/50-disk.yaml": "data-dir: /data/rke2\nkubelet-arg+: [\"v=2\", 'root-dir=/data/kubelet', \"x=y\"]\n",
			},
			want: []string{
				"containerd data root /data/rke2/agent/containerd (/etc/rancher/rke2/config.yaml.d/50-disk.yaml: data-dir)",
				"kubelet kubelet directory /data/kubelet (/etc/rancher/rke2/config.yaml.d/50-disk.yaml: kubelet-arg)",
			},
		},
	})
}

func TestRancherSettings(t *testing.T) {
	tests := []struct{ text, dataDir, kubeletDir string }{
		{"", "", ""},
		{"data-dir: /a\n", "/a", ""},
		{"data-dir: '/a b'\r\n", "/a b", ""},
		{"---\n'data-dir':   \"/a#b\"   # c\n", "/a#b", ""},
		{"data-dir: /a#b # c\n", "/a#b", ""},
		{"data-dir:\n  /no\n", "", ""},
		{"server:\n  data-dir: /no\n", "", ""},
		{"  data-dir: /no\n", "", ""},
		{"x-data-dir: /no\n", "", ""},
		{"data-dir: /a\ndata-dir: /b\n", "/b", ""},
		{"kubelet-arg: root-dir=/k # c\n", "", "/k"},
		{"kubelet-arg:\n- root-dir=/k\ndata-dir: /a\n", "/a", "/k"},
		{"kubelet-arg: ['root-dir=/k']\n", "", "/k"},
		{"kubelet-arg:\n- v=2\n\n- root-dir=/k\n", "", "/k"},
		{"data-dir\n- root-dir=/no\n", "", ""},
		{"kube-proxy-arg:\n- root-dir=/no\n", "", ""},
	}
	for _, tt := range tests {
		dataDir, kubeletDir := rancherSettings(tt.text)
		if dataDir != tt.dataDir || kubeletDir != tt.kubeletDir {
			t.Errorf("%q: %q and %q, want %q and %q", tt.text, dataDir, kubeletDir, tt.dataDir, tt.kubeletDir)
		}
	}
}

func TestFindDistributions(t *testing.T) {
	runFind(t, []search{
		{
			name: "k0s",
			files: files{
				"/var/lib/k0s/containerd/": "", "/var/lib/k0s/kubelet/": "", "/run/k0s/containerd/": "",
				"/etc/k0s/containerd.toml": "version = 3\nroot = \"/data/k0s\"\n",
			},
			want: []string{
				"containerd data root /data/k0s (/etc/k0s/containerd.toml: root)",
				"containerd state directory /run/k0s/containerd (default)",
				"containerd data root /var/lib/k0s/containerd (default)",
				"kubelet kubelet directory /var/lib/k0s/kubelet (default)",
			},
			covers: []string{"/var/lib/k0s/kubelet/pods", "/run/k0s"},
		},
		{
			name:  "MicroK8s before it made a symbolic link",
			files: files{"/var/snap/microk8s/common/var/lib/kubelet/": "", "/var/lib/kubelet/": ""},
			want: []string{
				"kubelet kubelet directory /var/lib/kubelet (default)",
				"kubelet kubelet directory /var/snap/microk8s/common/var/lib/kubelet (default)",
			},
		},
		{
			name: "MicroK8s, with the symbolic link it makes",
			files: files{
				"/var/snap/microk8s/common/var/lib/containerd/": "",
				"/var/snap/microk8s/common/run/containerd/":     "",
				"/var/snap/microk8s/common/var/lib/kubelet/":    "",
				"/var/lib/kubelet":                              "-> /var/snap/microk8s/common/var/lib/kubelet",
			},
			want: []string{
				"containerd state directory /var/snap/microk8s/common/run/containerd (default)",
				"containerd data root /var/snap/microk8s/common/var/lib/containerd (default)",
				"kubelet kubelet directory /var/lib/kubelet -> /var/snap/microk8s/common/var/lib/kubelet (default)",
			},
		},
	})
}

func TestFindBuildKit(t *testing.T) {
	runFind(t, []search{
		{
			name:  "default directory",
			files: files{"/var/lib/buildkit/runc-overlayfs/executor/": ""},
			want:  []string{"buildkit data root /var/lib/buildkit (default)"},
			covers: []string{
				"/var/lib/buildkit", "/var/lib/buildkit/runc-overlayfs", "/var/lib/buildkit/runc-overlayfs/executor",
				"/var/lib/buildkit/runc-native/snapshots/snapshots", "/var/lib/buildkit/net/cni",
			},
			not: []string{"/var/lib/buildkit/runc-overlayfs/executor/abc", "/var/lib/buildkit/runc-overlayfs/content", "/var/lib/buildkit/net/cni/x"},
		},
		{
			name:   "moved",
			files:  files{"/etc/buildkit/buildkitd.toml": "debug = true\nroot = \"/data/buildkit\"\n[worker.oci]\n  enabled = true\n"},
			want:   []string{"buildkit data root /data/buildkit (/etc/buildkit/buildkitd.toml: root)"},
			covers: []string{"/data/buildkit/runc-overlayfs/executor"},
		},
	})
}
