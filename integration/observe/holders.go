package observe

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Holder is a process in whose mount namespace a superblock is mounted.
type Holder struct {
	Pid     int
	Command string
	Points  []string // where, as the process sees it
}

// Holders names every process that has the device mounted in its namespace,
// those of the caller's own namespace left out.
func Holders(device string) ([]Holder, error) {
	own, err := Mounts(0)
	if err != nil {
		return nil, err
	}
	pids, err := pids()
	if err != nil {
		return nil, err
	}
	var holders []Holder
	for _, pid := range pids {
		mounts, err := Mounts(pid)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		// A mount has an id of its own in every namespace. The link ns/mnt
		// would say the same, but not of every process to everyone.
		if len(mounts) == 0 || mounts[0].ID == own[0].ID {
			continue
		}
		h := Holder{Pid: pid}
		for _, m := range mounts {
			if m.Device == device {
				h.Points = append(h.Points, m.Point)
			}
		}
		if len(h.Points) > 0 {
			h.Command = command(pid)
			holders = append(holders, h)
		}
	}
	return holders, nil
}

// pids lists the processes of the machine.
func pids() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		return nil, errors.New("/proc shows no process")
	}
	return pids, nil
}

// command is how a process was called, on one line.
func command(pid int) string {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if line, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && len(line) > 0 {
		return strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
	}
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return "(gone)"
	}
	return "[" + strings.TrimSpace(string(name)) + "]"
}

// gone tells whether reading about a process failed because it has ended. The
// kernel says EINVAL for the namespaces of one that is just ending.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EINVAL)
}
