package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/observe"
)

// Everything that runs in a box is found by its cgroup. A box called N has a
// cgroup N; its processes are in leaves of it, because version 2 allows
// processes only there, and so are its containers.
const (
	leafOfProgram = "program"
	leafOfDaemons = "daemons"
)

// hierarchies returns where cgroup hierarchies are mounted, and the one of them
// that processes of boxes are kept in: version 2 if there is one, or else a
// version 1 hierarchy that attaches no limits and needs no settings.
func hierarchies() (all []string, ours string, err error) {
	mounts, err := observe.Mounts(0)
	if err != nil {
		return nil, "", err
	}
	rank := []string{"cgroup2", "systemd", "freezer", "pids"}
	best := len(rank)
	for _, m := range mounts {
		if m.FSType != "cgroup" && m.FSType != "cgroup2" {
			continue
		}
		all = append(all, m.Point)
		name := filepath.Base(m.Point)
		if m.FSType == "cgroup2" {
			name = m.FSType
		}
		if i := slices.Index(rank, name); i >= 0 && i < best {
			best, ours = i, m.Point
		}
	}
	if ours == "" {
		return nil, "", errors.New("no usable cgroup hierarchy is mounted")
	}
	return all, ours, nil
}

// makeCgroup makes the cgroup that the processes of a box, or of a part of one,
// are started in.
func makeCgroup(name string) error {
	_, ours, err := hierarchies()
	if err != nil {
		return err
	}
	for _, leaf := range []string{leafOfProgram, leafOfDaemons} {
		if err := os.MkdirAll(filepath.Join(ours, name, leaf), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// MakeCgroup makes a cgroup of the host in every hierarchy, one that processes can
// be moved to, and returns its path there. It ends with the host.
func (h *Host) MakeCgroup(name string) string {
	h.t.Helper()
	path := h.Cgroup(name)
	all, _, err := hierarchies()
	for _, top := range all {
		err = errors.Join(err, os.MkdirAll(filepath.Join(top, path), 0o755), inheritCPUs(top, path))
	}
	if err != nil {
		h.t.Fatalf("make a cgroup: %v", err)
	}
	return path
}

// inheritCPUs gives a cgroup, and those above it, what their parents have: in
// version 1 of cpuset they begin with no processor and no memory, and then no
// process can be in them.
func inheritCPUs(top, path string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(top, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // another hierarchy, or version 2
		}
		if err != nil {
			return err
		}
		dir := top
		for _, name := range strings.Split(strings.Trim(path, "/"), "/") {
			dir = filepath.Join(dir, name)
			if err := os.WriteFile(filepath.Join(dir, file), value, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// joinCgroup moves this process into the box's cgroup.
func joinCgroup(name string) error {
	_, ours, err := hierarchies()
	if err != nil {
		return err
	}
	return moveProcess(os.Getpid(), filepath.Join(ours, name, leafOfProgram))
}

func moveProcess(pid int, cgroup string) error {
	return os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0)
}

// killCgroup kills every process in the cgroup and below it, in all hierarchies,
// and waits until they have ended. The process spared is moved out instead.
func killCgroup(name string, spared int, limit time.Duration) error {
	all, _, err := hierarchies()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(limit)
	for {
		// A process may have forked while the list was read.
		pids, err := members(all, name, spared)
		if err != nil {
			return err
		}
		if len(pids) == 0 {
			return nil
		}
		for _, pid := range pids {
			if err := kill(pid, time.Until(deadline)); err != nil {
				return err
			}
		}
	}
}

// members lists the processes in and below a cgroup. On the way it thaws what is
// frozen, since in version 1 not even SIGKILL reaches that.
func members(hierarchies []string, name string, spared int) ([]int, error) {
	var pids []int
	for _, top := range hierarchies {
		err := filepath.WalkDir(filepath.Join(top, name), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			switch d.Name() {
			case "freezer.state":
				err = os.WriteFile(path, []byte("THAWED"), 0)
			case "cgroup.procs":
				var content []byte
				content, err = os.ReadFile(path)
				for _, field := range strings.Fields(string(content)) {
					pid, convErr := strconv.Atoi(field)
					if convErr != nil {
						return convErr
					}
					if pid == spared {
						err = moveProcess(pid, top)
						continue
					}
					pids = append(pids, pid)
				}
			}
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
				return nil
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

// kill kills a process and waits until it has ended.
func kill(pid int, limit time.Duration) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open process %d: %w", pid, err)
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	if err := waitReadable(fd, max(0, limit)); err != nil {
		return fmt.Errorf("killed process %d: %w", pid, err)
	}
	return nil
}

// removeCgroup removes the cgroup and those below it from all hierarchies.
func removeCgroup(name string, limit time.Duration) error {
	all, _, err := hierarchies()
	if err != nil {
		return err
	}
	for _, top := range all {
		path := filepath.Join(top, name)
		err := until(limit, "cgroup "+path+" to be removable", func() (bool, error) {
			err := removeTree(path)
			return err == nil, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// removeTree removes a directory of a cgroup hierarchy, where files go with
// their directory.
func removeTree(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(path, e.Name())); err != nil {
				return err
			}
		}
	}
	return unix.Rmdir(path)
}
