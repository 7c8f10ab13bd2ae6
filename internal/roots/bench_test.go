package roots

import "testing"

// node is a Kubernetes node on containerd on which Docker is installed too,
// with 100 pods of 3 containers and 4 volumes.
func node() search {
	table := []string{"ext4 /", "proc /proc", "sysfs /sys", "tmpfs /run", "ext4 /var/lib/containerd"}
	for i := range 100 {
		sandbox := sprintf("%064x", i)
		table = append(table,
			"tmpfs /run/containerd/io.containerd.grpc.v1.cri/sandboxes/"+sandbox+"/shm",
			sprintf("nsfs /run/netns/cni-%08x", i),
		)
		for j := range 4 {
			table = append(table,
				sprintf("tmpfs /var/lib/kubelet/pods/0f8a5c1e-3b1d-4a77-9a54-5c0f%08x/volumes/kubernetes.io~projected/v%d", i, j),
				sprintf("overlay /run/containerd/io.containerd.runtime.v2.task/k8s.io/%063x%d/rootfs", i, j),
			)
		}
	}
	return search{
		files: files{
			"/var/run":                           "-> /run",
			"/run/docker/netns/":                 "",
			"/run/docker.pid":                    "812",
			"/proc/812/comm":                     "dockerd\n",
			"/proc/812/cmdline":                  "/usr/bin/dockerd\x00-H\x00fd://\x00--containerd=/run/containerd/containerd.sock\x00",
			"/etc/docker/daemon.json":            sprintf(daemonJSON, `"data-root": "/data/docker"`),
			"/data/docker/overlay2/":             "",
			"/data/docker/containers/":           "",
			"/data/docker/volumes/":              "",
			"/data/docker/image/":                "",
			"/run/containerd/":                   "",
			"/run/netns/":                        "",
			"/var/lib/kubelet/pods/":             "",
			"/var/lib/kubelet/plugins/":          "",
			"/var/lib/containerd/tmpmounts/":     "",
			"/var/lib/docker/":                   "",
			"/usr/share/containers/storage.conf": sprintf(storageConf, "/run/containers/storage", "/var/lib/containers/storage", ""),
			"/var/lib/kubelet/kubeadm-flags.env": `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --pod-infra-container-image=registry.k8s.io/pause:3.9"`,
			"/etc/containerd/config.toml": `version = 3
imports = ["/etc/containerd/conf.d/*.toml"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "registry.k8s.io/pause:3.10"
[plugins."io.containerd.cri.v1.runtime".containerd]
  default_runtime_name = "runc"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  SystemdCgroup = true
`,
		},
		mounts: mounts(table...),
	}
}

func BenchmarkFind(b *testing.B) {
	host := node().host(b)
	b.ReportAllocs()
	for b.Loop() {
		if len(Find(host).Roots) != 9 {
			b.Fatal(describeAll(Find(host).Roots))
		}
	}
}

// BenchmarkCovers is what the areas cost whoever compares a bind with them.
func BenchmarkCovers(b *testing.B) {
	areas := Find(node().host(b)).Areas()
	b.ReportMetric(float64(len(areas)), "areas")
	for b.Loop() {
		for _, area := range areas {
			if area.Covers("/var/lib/kubelet/pods/0f8a5c1e-3b1d-4a77-9a54-5c0f2e6f3d11/volumes") {
				b.Fatal(area)
			}
		}
	}
}
