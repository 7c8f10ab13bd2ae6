package roots

import (
	"testing"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/pkg/spec"
)

func TestFindExtra(t *testing.T) {
	const file = "/etc/unbusy/config.toml"
	extra := func(engine, path string) config.Config {
		return config.Config{File: file, Roots: []config.Root{{Engine: engine, Path: path}}}
	}
	runFind(t, []search{
		{
			name:   "docker, either root",
			config: extra("docker", "/srv/d"),
			files:  files{"/srv/d/containerd/daemon/": "", "/srv/d/100.100/": ""},
			want: []string{
				"containerd data root /srv/d/containerd/daemon (" + file + ": roots: dockerd's containerd)",
				"docker extra root /srv/d (" + file + ": roots)",
				"docker data root /srv/d/100.100 (" + file + ": roots: userns-remap)",
			},
			covers: []string{
				"/srv/d/overlay2", "/srv/d/netns", "/srv/d/100.100/overlay2", "/srv/d/containerd/daemon/tmpmounts",
				"/srv/d/containerd/daemon/io.containerd.runtime.v2.task",
			},
		},
		{
			name:   "containerd, either root",
			config: extra("containerd", "/srv/c"),
			want:   []string{"containerd extra root /srv/c (" + file + ": roots)"},
			covers: []string{"/srv/c/tmpmounts", "/srv/c/io.containerd.runtime.v2.task/x"},
		},
		{
			name:   "crio",
			config: extra("crio", "/srv/c"),
			want:   []string{"crio extra root /srv/c (" + file + ": roots)"},
			covers: []string{"/srv/c/overlay-containers"},
		},
		{
			name:   "podman, which is known by default too",
			config: extra("podman", "/var/lib/containers/storage"),
			files:  files{"/var/lib/containers/storage/": ""},
			want:   []string{"podman graph root /var/lib/containers/storage (" + file + ": roots; default)"},
			covers: []string{"/var/lib/containers/storage/overlay"},
		},
		{
			name:   "kubelet",
			config: extra("kubelet", "/srv/k"),
			want:   []string{"kubelet kubelet directory /srv/k (" + file + ": roots)"},
			covers: []string{"/srv/k/pods"},
		},
		{
			name:   "buildkit",
			config: extra("buildkit", "/srv/b"),
			want:   []string{"buildkit data root /srv/b (" + file + ": roots)"},
			covers: []string{"/srv/b/x/executor"},
		},
		{
			name:   "namespaces",
			config: extra("namespaces", "/srv/netns"),
			want:   []string{"namespaces namespace directory /srv/netns (" + file + ": roots)"},
			covers: []string{"/srv/netns"},
		},
		{
			name:   "k3s",
			config: extra("k3s", "/srv/k3s"),
			want:   []string{"containerd data root /srv/k3s/agent/containerd (" + file + ": roots)"},
			covers: []string{"/srv/k3s/agent/containerd/tmpmounts"},
		},
		{
			name:   "k0s",
			config: extra("k0s", "/srv/k0s"),
			want: []string{
				"containerd data root /srv/k0s/containerd (" + file + ": roots)",
				"kubelet kubelet directory /srv/k0s/kubelet (" + file + ": roots)",
			},
			covers: []string{"/srv/k0s/kubelet/pods"},
		},
		{
			name:     "an engine of another version",
			config:   extra("lxd", "/srv/l"),
			warnings: []string{file + `: roots: unknown engine "lxd" for /srv/l`},
		},
		{
			name: "areas, one of which leads through a link",
			config: config.Config{File: file, Areas: []spec.Area{
				{Root: "/srv/a", Owner: "jobs/*"},
				{Root: "/srv/a", Owner: "fixed/one"},
				{Root: "/srv/link", Owner: "*"},
				{Root: "/srv/a", Owner: "one"},
			}},
			files: files{"/srv/a/jobs": "-> /mnt/jobs", "/mnt/jobs/": "", "/srv/link": "-> /mnt/real", "/mnt/real/": ""},
			want: []string{
				"unknown extra area /srv/link -> /mnt/real (" + file + ": areas)",
				"unknown extra area /srv/a (" + file + ": areas)",
				"unknown extra area /srv/a (" + file + ": areas)",
				"unknown extra area /srv/a (" + file + ": areas)",
			},
			covers: []string{"/mnt/jobs", "/mnt/real", "/srv/a/fixed", "/srv/a"},
			not:    []string{"/srv/a/one", "/mnt/jobs/1", "/mnt/real/1", "/srv/a/jobs", "/srv/a/fixed/one", "/srv/link"},
		},
	})
}
