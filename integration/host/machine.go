package host

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Machine is a whole machine in the box: Debian's systemd is process 1 of a pid
// namespace, and everything else has its own namespace, too. Its / is shared,
// and it is this machine's, copied on write; /etc has no units and no engine's
// configuration, and what engines keep below /var/lib and /run is its own.
type Machine struct {
	h    *Host
	init int
	log  string
}

//go:embed machine.sh
var machineScript string

// Machine boots one. It ends with the test.
func (h *Host) Machine() *Machine {
	h.t.Helper()
	h.Debian("systemctl", "systemd")
	cgroup := h.machineCgroup()
	m := &Machine{h: h, log: filepath.Join(h.Dir("machine"), "systemd.log")}
	// From outside the box: a machine must not hold, for as long as it takes to get
	// rid of them, copies of what a test beside this one has mounted here.
	outer := h.Start("nsenter", fmt.Sprintf("--mount=/proc/%d/ns/mnt", box.keeper),
		"unshare", "--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--net",
		"sh", "-c", machineScript, "machine", cgroup, h.Dir("machine", "root"), m.log)
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Logf("log of systemd:\n%s\njournal:\n%s", m.systemdLog(), m.journal())
		}
	})
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", outer.Pid(), outer.Pid()))
	if err == nil {
		m.init, err = strconv.Atoi(strings.TrimSpace(string(children)))
	}
	if err != nil {
		h.t.Fatalf("find process 1 of the machine: %v", err)
	}
	err = until(patience, "systemd to listen", func() (bool, error) {
		_, err := os.Lstat(m.Path("/run/systemd/private"))
		return err == nil, err
	})
	if err != nil {
		h.t.Fatalf("boot a machine: %v", err)
	}
	if state, err := m.Try("systemctl", "is-system-running", "--wait"); err != nil {
		h.t.Fatalf("boot a machine: it is %s: %v", strings.TrimSpace(state), err)
	}
	return m
}

// machineCgroup makes the cgroup that is the root of a machine's.
func (h *Host) machineCgroup() string {
	h.t.Helper()
	_, ours, err := hierarchies()
	if err != nil {
		h.t.Fatalf("make a machine's cgroup: %v", err)
	}
	if _, err := os.Stat(filepath.Join(ours, "cgroup.controllers")); err != nil {
		h.t.Fatalf("a machine needs a cgroup hierarchy of version 2: %v", err)
	}
	dir := filepath.Join(ours, h.cgroup, "machine")
	if err := os.Mkdir(dir, 0o755); err != nil {
		h.t.Fatalf("make a machine's cgroup: %v", err)
	}
	return dir
}

// Init is the pid of the machine's systemd, seen from outside.
func (m *Machine) Init() int { return m.init }

// Path is where a file of the machine is seen from outside.
func (m *Machine) Path(elem ...string) string {
	return filepath.Join(append([]string{"/proc", strconv.Itoa(m.init), "root"}, elem...)...)
}

// Try runs a command in the machine and returns its standard output. The error
// has what it wrote to standard error.
func (m *Machine) Try(args ...string) (string, error) {
	within := append([]string{"--target", strconv.Itoa(m.init), "--all", "--"}, args...)
	return m.h.Exec(nil, "nsenter", within...)
}

// Run is Try for a command that has to succeed.
func (m *Machine) Run(args ...string) string {
	m.h.t.Helper()
	out, err := m.Try(args...)
	if err != nil {
		m.h.t.Fatalf("%v", err)
	}
	return out
}

// Write makes a file of the machine.
func (m *Machine) Write(path, content string) {
	m.h.t.Helper()
	at := m.Path(path)
	err := os.MkdirAll(filepath.Dir(at), 0o755)
	if err == nil {
		err = os.WriteFile(at, []byte(content), 0o644)
	}
	if err != nil {
		m.h.t.Fatalf("write a file of the machine: %v", err)
	}
}

// Unit makes a unit, or with a name such as nginx.service.d/tmp.conf a part of
// one, known to systemd.
func (m *Machine) Unit(name, content string) {
	m.h.t.Helper()
	m.Write(filepath.Join("/etc/systemd/system", name), content)
	m.Run("systemctl", "daemon-reload")
}

// MainPID is the pid of a unit's main process, seen from outside.
func (m *Machine) MainPID(unit string) int {
	m.h.t.Helper()
	inside := strings.TrimSpace(m.Run("systemctl", "show", "--property=MainPID", "--value", unit))
	pid, err := m.outside(inside)
	if err != nil {
		m.h.t.Fatalf("find the main process of %s: %v", unit, err)
	}
	return pid
}

// outside is the pid here of the process that has a pid in the machine.
func (m *Machine) outside(inside string) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		cgroup, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
		if err != nil || !strings.Contains(string(cgroup), m.h.cgroup+"/machine/") {
			continue
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(status)) {
			// Its pid here, in the machine, and in a namespace inside that.
			fields := strings.Fields(line)
			if len(fields) > 2 && fields[0] == "NSpid:" && fields[2] == inside {
				return pid, nil
			}
		}
	}
	return 0, fmt.Errorf("no process has pid %s in the machine", inside)
}

func (m *Machine) systemdLog() string {
	said, err := os.ReadFile(m.log)
	if err != nil {
		return err.Error()
	}
	return string(said)
}

func (m *Machine) journal() string {
	said, err := m.Try("journalctl", "--no-pager", "--lines=100")
	if err != nil {
		return err.Error()
	}
	return said
}
