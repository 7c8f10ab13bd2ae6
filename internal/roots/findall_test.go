package roots

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/config"
)

const hostMountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw shared:2 - proc proc rw
`

// proc adds processes to a tree: "pid comm" with the words of a command line.
func proc(tree files, processes map[string]string) files {
	all := files{"/proc/1/mountinfo": hostMountinfo, "/proc/1/comm": "systemd\n", "/proc/1/cmdline": "/sbin/init\x00", "/proc/self/": ""}
	for path, content := range tree {
		all[path] = content
	}
	for name, words := range processes {
		pid, comm, _ := strings.Cut(name, " ")
		all["/proc/"+pid+"/comm"] = comm + "\n"
		all["/proc/"+pid+"/cmdline"] = strings.ReplaceAll(words, " ", "\x00") + "\x00"
		if _, ok := all["/proc/"+pid+"/mountinfo"]; !ok {
			all["/proc/"+pid+"/mountinfo"] = hostMountinfo
		}
	}
	return all
}

func TestFindAll(t *testing.T) {
	searches := []search{
		{
			name: "dockerd and its own containerd",
			files: proc(files{
				"/var/run":                               "-> /run",
				"/run/engine/containerd/containerd.toml": "version = 2\nroot = \"/data/docker/containerd/daemon\"\nstate = \"/run/engine/containerd/daemon\"\n",
				"/run/engine/containerd/daemon/":         "",
			}, map[string]string{
				"812 dockerd":    "/usr/bin/dockerd -H fd:// --data-root=/data/docker --exec-root /var/run/engine",
				"820 containerd": "containerd --config /var/run/engine/containerd/containerd.toml --log-level info",
			}),
			want: []string{
				"containerd data root /data/docker/containerd/daemon (pid 820: containerd --config: /var/run/engine/containerd/containerd.toml: root)",
				"containerd state directory /run/engine/containerd/daemon (pid 812: dockerd --exec-root: dockerd's containerd; " +
					"pid 820: containerd --config: /var/run/engine/containerd/containerd.toml: state)",
				"docker data root /data/docker (pid 812: dockerd --data-root)",
				"docker exec root /var/run/engine -> /run/engine (pid 812: dockerd --exec-root)",
			},
		},
		{
			name: "containerd's flags, as k3s gives them",
			files: proc(files{"/data/k3s/agent/etc/containerd/config.toml": "imports = ['d/*']\n", "/data/k3s/agent/etc/containerd/d/x": "temp = '/data/tmp'\n"},
				map[string]string{
					"5 k3s-server": "/usr/local/bin/k3s server", // it wipes the rest
					"6 containerd": "containerd -c /data/k3s/agent/etc/containerd/config.toml -a /run/k3s/containerd/containerd.sock --state /data/state --root /data/k3s/agent/containerd",
				}),
			want: []string{
				"containerd data root /data/k3s/agent/containerd (pid 6: containerd --root)",
				"containerd state directory /data/state (pid 6: containerd --state)",
				"containerd temporary directory /data/tmp (pid 6: containerd -c: /data/k3s/agent/etc/containerd/d/x: temp)",
			},
		},
		{
			name: "crio",
			files: proc(files{"/opt/crio.conf": "[crio]\nroot = '/file'\n", "/opt/d/1": "[crio]\nrunroot = '/dropin'\n"}, map[string]string{
				"7 crio": "/usr/bin/crio -r /data/crio --runroot=/data/run --namespaces-dir /data/ns --config /opt/crio.conf -d /opt/d/",
			}),
			want: []string{
				"crio graph root /data/crio (pid 7: crio -r)",
				"crio namespace directory /data/ns/ipcns (pid 7: crio --namespaces-dir)",
				"crio namespace directory /data/ns/netns (pid 7: crio --namespaces-dir)",
				"crio namespace directory /data/ns/pidns (pid 7: crio --namespaces-dir)",
				"crio namespace directory /data/ns/userns (pid 7: crio --namespaces-dir)",
				"crio namespace directory /data/ns/utsns (pid 7: crio --namespaces-dir)",
				"crio run root /data/run (pid 7: crio --runroot)",
				"crio run root /dropin (pid 7: crio -d: /opt/d/1: runroot)",
				"crio graph root /file (pid 7: crio --config: /opt/crio.conf: root)",
			},
		},
		{
			name: "crio with the other spellings",
			files: proc(files{"/opt/crio.conf": "[crio]\nrunroot = '/file'\n", "/opt/d/1": "[crio]\nroot = '/dropin'\n"}, map[string]string{
				"7 crio": "/usr/bin/crio --root=/data/crio -c /opt/crio.conf --config-dir=/opt/d",
			}),
			want: []string{
				"crio graph root /data/crio (pid 7: crio --root)",
				"crio graph root /dropin (pid 7: crio --config-dir: /opt/d/1: root)",
				"crio run root /file (pid 7: crio -c: /opt/crio.conf: runroot)",
			},
		},
		{
			name:  "kubelet",
			files: proc(nil, map[string]string{"8 kubelet": "/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --root_dir=/data/kubelet"}),
			want:  []string{"kubelet kubelet directory /data/kubelet (pid 8: kubelet --root-dir)"},
		},
		{
			name: "rke2 and k3s where they show their flags",
			files: proc(files{"/opt/rke2.yaml": "data-dir: /data/file\n", "/opt/k3s.yaml": "data-dir: /data/k3s-file\n"}, map[string]string{
				"9 rke2":       "/usr/bin/rke2 server -d /data/rke2 -c /opt/rke2.yaml",
				"10 k3s-agent": "k3s agent --config /opt/k3s.yaml --data-dir=/data/k3s --kubelet-arg max-pods=9 --kubelet-arg=root-dir=/data/kubelet",
			}),
			want: []string{
				"containerd data root /data/file/agent/containerd (pid 9: rke2 -c: /opt/rke2.yaml: data-dir)",
				"containerd data root /data/k3s-file/agent/containerd (pid 10: k3s-agent --config: /opt/k3s.yaml: data-dir)",
				"containerd data root /data/k3s/agent/containerd (pid 10: k3s-agent --data-dir)",
				"containerd data root /data/rke2/agent/containerd (pid 9: rke2 -d)",
				"kubelet kubelet directory /data/kubelet (pid 10: k3s-agent --kubelet-arg)",
			},
		},
		{
			name:  "k0s",
			files: proc(nil, map[string]string{"11 k0s": "/usr/local/bin/k0s worker --data-dir=/data/k0s --run-dir /data/run --kubelet-root-dir=/data/kubelet"}),
			want: []string{
				"containerd data root /data/k0s/containerd (pid 11: k0s --data-dir)",
				"containerd state directory /data/run/containerd (pid 11: k0s --run-dir)",
				"kubelet kubelet directory /data/k0s/kubelet (pid 11: k0s --data-dir)",
				"kubelet kubelet directory /data/kubelet (pid 11: k0s --kubelet-root-dir)",
			},
		},
		{
			name: "buildkitd",
			files: proc(files{"/opt/b.toml": "root = '/file'\n"}, map[string]string{
				"12 buildkitd": "buildkitd --addr unix:///run/buildkit/buildkitd.sock --root /data/buildkit --config /opt/b.toml",
			}),
			want: []string{
				"buildkit data root /data/buildkit (pid 12: buildkitd --root)",
				"buildkit data root /file (pid 12: buildkitd --config: /opt/b.toml: root)",
			},
		},
		{
			name: "podman by a container's monitor",
			files: proc(nil, map[string]string{
				"13 conmon": "/usr/bin/conmon --api-version 1 -c " + id + " -b /data/store/overlay-containers/" + id + "/userdata --exit-command /usr/bin/podman" +
					" --exit-command-arg --root --exit-command-arg /data/store --exit-command-arg --runroot --exit-command-arg /run/store" +
					" --exit-command-arg container --exit-command-arg cleanup --exit-command-arg " + id,
			}),
			want: []string{
				"podman graph root /data/store (pid 13: conmon --root)",
				"podman run root /run/store (pid 13: conmon --runroot)",
			},
		},
		{
			name: "not an engine, or not this host's",
			files: proc(files{
				"/proc/20/mountinfo": "90 80 0:55 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n",
				"/proc/21/mountinfo": "90 80 8:1 /chroot / rw - ext4 /dev/sda1 rw\n",
				"/proc/22/mountinfo": "90 80 8:1 / /elsewhere rw - ext4 /dev/sda1 rw\n",
				"/proc/23/mountinfo": "not a table\n",
				"/proc/24/":          "",
				"/proc/26/mountinfo": "21 1 0:2 / / rw - rootfs rootfs rw\n" + hostMountinfo,
			}, map[string]string{
				"20 dockerd": "dockerd --data-root=/container",
				"21 dockerd": "dockerd --data-root=/chroot",
				"22 dockerd": "dockerd --data-root=/rootless",
				"23 dockerd": "dockerd --data-root=/broken",
				"25 nginx":   "dockerd --data-root=/liar",
				"26 dockerd": "dockerd --data-root=/initramfs -- --exec-root=/no",
			}),
			want: []string{"docker data root /initramfs (pid 26: dockerd --data-root)"},
		},
		{
			name: "what Find finds is there as well, the mount table last",
			files: proc(files{"/etc/buildkit/buildkitd.toml": "root = '/b'\n"}, map[string]string{
				"30 dockerd": "dockerd --data-root=/data/docker",
			}),
			mounts: mounts("overlay /data/docker/overlay2/" + id + "/merged"),
			want: []string{
				"buildkit data root /b (/etc/buildkit/buildkitd.toml: root)",
				"docker data root /data/docker (pid 30: dockerd --data-root)",
			},
		},
		{
			name:   "what unbusy's configuration adds is known better by its engine",
			files:  proc(nil, map[string]string{"30 dockerd": "dockerd --data-root=/d"}),
			config: config.Config{File: "/c", Roots: []config.Root{{Engine: "docker", Path: "/d"}}},
			want:   []string{"docker data root /d (/c: roots; pid 30: dockerd --data-root)"},
			covers: []string{"/d/netns", "/d/overlay2"},
		},
		{
			name: "a broken file is one warning, however often it is named",
			files: proc(files{"/etc/containerd/config.toml": "root = \n", "/etc/docker/daemon.json": "{"}, map[string]string{
				"30 dockerd":    "dockerd --config-file=/etc/docker/daemon.json",
				"31 containerd": "containerd --config /etc/containerd/config.toml",
			}),
			warnings: []string{"/etc/docker/daemon.json:1:1: ", "/etc/containerd/config.toml:1:"},
		},
		{
			name:     "without a process 1 to compare with",
			files:    files{"/proc/30/comm": "dockerd\n", "/proc/30/cmdline": "dockerd\x00--data-root=/x\x00", "/proc/30/mountinfo": hostMountinfo},
			warnings: []string{"search running engines: "},
		},
		{
			name:     "nor for an ordinary user",
			uid:      1000,
			warnings: []string{"search running engines: "},
		},
	}
	for _, s := range searches {
		t.Run(s.name, func(t *testing.T) {
			s.check(t, FindAll(t.Context(), s.host(t)))
		})
	}
}

// A command line longer than what is read of it loses its last, halved word.
func TestLongCommandLine(t *testing.T) {
	line := "dockerd --data-root=/data/docker " + strings.Repeat("x", maxArguments-len("dockerd --data-root=/data/docker  --exec-root=/ru")) + " --exec-root=/run/engine"
	search{want: []string{"docker data root /data/docker (pid 3: dockerd --data-root)"}}.
		check(t, FindAll(t.Context(), search{files: proc(nil, map[string]string{"3 dockerd": line})}.host(t)))
}

// A mount table longer than what is read of it is cut at a line.
func TestLongMountTable(t *testing.T) {
	table := hostMountinfo + strings.Repeat("24 22 0:22 / /x rw shared:3 - tmpfs tmpfs rw\n", maxMountTable/40)
	search{want: []string{"docker data root /data/docker (pid 3: dockerd --data-root)"}}.
		check(t, FindAll(t.Context(), search{files: proc(files{"/proc/3/mountinfo": table}, map[string]string{"3 dockerd": "dockerd --data-root=/data/docker"})}.host(t)))
}

func TestFindAllGivesUp(t *testing.T) {
	host := search{files: proc(files{"/var/lib/docker/": ""}, map[string]string{"3 dockerd": "dockerd --data-root=/data/docker"})}.host(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	search{
		want:     []string{"docker data root /var/lib/docker (default)"},
		warnings: []string{"search running engines: context canceled"},
	}.check(t, FindAll(ctx, host))
}

// The walk stops between two processes.
func TestProcessesStops(t *testing.T) {
	f := newFinder(search{files: proc(nil, map[string]string{"3 dockerd": "dockerd --data-root=/data/docker"})}.host(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.processes(ctx)
	search{warnings: []string{"search running engines: context canceled"}}.check(t, f.result())
}

// The real /proc: a process of ours that goes by an engine's name.
func TestFindAllRunning(t *testing.T) {
	if _, err := os.ReadFile("/proc/1/mountinfo"); err != nil {
		t.Skip(err)
	}
	cat, err := exec.LookPath("cat")
	must(t, err)
	binary, err := os.ReadFile(cat)
	must(t, err)
	dir := t.TempDir()
	engine := filepath.Join(dir, "buildkitd")
	must(t, os.WriteFile(engine, binary, 0o755))
	cmd := exec.Command(engine, "-")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	// Start returns before the kernel has given it its arguments. Once it
	// answers, it has them.
	_, err = in.Write([]byte("x"))
	must(t, err)
	_, err = out.Read(make([]byte, 1))
	must(t, err)

	f := newFinder(Host{})
	p, ok := f.tree.process(sprintf("%d", cmd.Process.Pid), daemons...)
	if !ok || p.name != "buildkitd" || !reflect.DeepEqual(p.args, []string{engine, "-"}) {
		t.Errorf("got %+v, %v", p, ok)
	}
	own, err := f.rootOf(p.pid)
	must(t, err)
	if self, err := f.rootOf("self"); err != nil || self != own {
		t.Errorf("our child's root directory is %v, ours %v (%v)", own, self, err)
	}
}
