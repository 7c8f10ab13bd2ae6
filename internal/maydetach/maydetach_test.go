package maydetach

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// process is one of a made-up /proc: no kernel of today has the switch.
type process struct{ pid, cmdline, mnt, pidns string }

func procWith(t *testing.T, value string, processes ...process) string {
	t.Helper()
	proc := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(proc, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(path, target string) {
		path = filepath.Join(proc, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	if value != "" {
		write("sys/fs/may_detach_mounts", value)
	}
	link("self/ns/pid", "pid:[1]")
	for _, p := range processes {
		if p.pidns == "" {
			p.pidns = "pid:[1]"
		}
		comm := filepath.Base(strings.Fields(p.cmdline)[0])
		write(p.pid+"/comm", comm[:min(len(comm), 15)]+"\n")
		write(p.pid+"/cmdline", strings.ReplaceAll(p.cmdline, " ", "\x00")+"\x00")
		link(p.pid+"/ns/mnt", p.mnt)
		link(p.pid+"/ns/pid", p.pidns)
	}
	return proc
}

func TestTurnOn(t *testing.T) {
	dockerd := process{pid: "10", cmdline: "/usr/bin/dockerd -H fd://", mnt: "mnt:[1]"}
	containerd := process{pid: "11", cmdline: "containerd --config /c", mnt: "mnt:[1]"}
	shim := process{pid: "12", cmdline: "/usr/bin/containerd-shim-runc-v2 -id x", mnt: "mnt:[1]"}
	left := process{pid: "13", cmdline: "containerd-shim -namespace moby", mnt: "mnt:[2]"}
	old := process{pid: "14", cmdline: "docker-containerd-shim abc", mnt: "mnt:[2]"}
	inContainer := process{pid: "15", cmdline: "containerd-shim", mnt: "mnt:[3]", pidns: "pid:[3]"}
	agent := process{pid: "16", cmdline: "node_exporter", mnt: "mnt:[4]"}

	for _, test := range []struct {
		name      string
		value     string
		processes []process
		want      string // the switch's value afterwards
		split     string // part of the error, "" for none
	}{
		{"no such switch", "", []process{dockerd, left}, "", ""},
		{"on already", "1\n", []process{dockerd, left}, "1\n", ""},
		{"off", "0\n", []process{dockerd, containerd, shim, agent}, "1", ""},
		{"nothing runs", "0\n", nil, "1", ""},
		{"a shim in another namespace", "0\n", []process{dockerd, containerd, shim, left}, "0\n", "containerd-shim (pid 13)"},
		{"an old shim in another namespace", "0\n", []process{dockerd, old}, "0\n", "docker-containerd-shim (pid 14)"},
		{"shims without an engine", "0\n", []process{shim, left}, "1", ""},
		{"a container's process that calls itself a shim", "0\n", []process{dockerd, shim, inContainer}, "1", ""},
		{"containerd apart from dockerd", "0\n", []process{dockerd, {pid: "20", cmdline: "containerd", mnt: "mnt:[2]"}, left}, "1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			proc := procWith(t, test.value, test.processes...)
			on, err := TurnOn(proc)
			if test.split == "" {
				if err != nil {
					t.Fatal(err)
				}
			} else if !errors.Is(err, ErrSplit) || !strings.Contains(err.Error(), test.split) {
				t.Errorf("error %v, want one about %s", err, test.split)
			}
			if wantOn := test.want == "1"; on != wantOn {
				t.Errorf("says it turned it on: %v", on)
			}
			value, err := os.ReadFile(filepath.Join(proc, "sys/fs/may_detach_mounts"))
			if err != nil && test.want != "" {
				t.Fatal(err)
			}
			if string(value) != test.want {
				t.Errorf("the switch holds %q, want %q", value, test.want)
			}
		})
	}
}

func TestTurnOnMayFail(t *testing.T) {
	proc := procWith(t, "0\n")
	path := filepath.Join(proc, "sys/fs/may_detach_mounts")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := TurnOn(proc); err == nil {
		t.Error("no error")
	}
}
