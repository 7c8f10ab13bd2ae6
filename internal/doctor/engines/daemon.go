package engines

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/linux"
)

const (
	// maxConfig bounds a configuration file of an engine, in bytes.
	maxConfig = 1 << 20
	// maxStat is more than a name of 64 bytes and 50 numbers take.
	maxStat = 2 << 10
	// maxEnvironment is what is read of a process' environment.
	maxEnvironment = 64 << 10
	// maxFiles bounds how many files one configuration is made of.
	maxFiles = 256
)

// daemon is an engine of this host that runs.
type daemon struct {
	pid, parent int
	args        []string
	// path is the process' $PATH.
	path string
}

// daemons returns the running engines that go by one of the names, unless they
// are in a container or an ordinary user's: their files and their containers are
// not this host's.
func daemons(h *doctor.Host, names ...string) ([]daemon, error) {
	running, err := h.Engines()
	if err != nil {
		return nil, fmt.Errorf("find running engines: %w", err)
	}
	var found []daemon
	for _, p := range running {
		if p.Nested || !slices.Contains(names, p.Name) || !isHosts(p.PID) {
			continue
		}
		args, err := p.Arguments()
		if err != nil {
			return nil, fmt.Errorf("command line of process %d: %w", p.PID, err)
		}
		if len(args) == 0 {
			continue // it has ended
		}
		dir := procDir(p.PID)
		found = append(found, daemon{pid: p.PID, parent: parentOf(dir), args: args, path: pathOf(dir)})
	}
	// What an engine forks is called as itself until it executes something.
	all := slices.Clone(found)
	found = slices.DeleteFunc(found, func(d daemon) bool { return startedBy(d, all) })
	slices.SortFunc(found, func(a, b daemon) int { return cmp.Compare(a.pid, b.pid) })
	return found, nil
}

// isHosts reports whether a process is root's and has our own root directory.
// Whoever runs in a container in the host's pid namespace can call a process
// dockerd.
func isHosts(pid int) bool {
	info, err := os.Stat(procDir(pid))
	if err != nil {
		return false
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Uid != 0 {
		return false
	}
	ours, err := linux.PlaceOf("/")
	if err != nil {
		return false
	}
	theirs, err := linux.PlaceOf(procDir(pid) + "/root")
	return err == nil && ours.Device == theirs.Device && ours.Inode == theirs.Inode
}

func procDir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

// parentOf is the parent of a process, 0 if it has ended.
func parentOf(dir string) int {
	buffer := make([]byte, maxStat)
	n, err := linux.ReadOnce(dir+"/stat", buffer)
	if err != nil {
		return 0
	}
	// "812 (dockerd) S 1 ...", and the name may have parentheses in it.
	fields := bytes.Fields(buffer[bytes.LastIndexByte(buffer[:n], ')')+1 : n])
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return parent
}

// pathOf is the $PATH that a process was started with.
func pathOf(dir string) string {
	text, _, err := config.ReadFile(dir+"/environ", maxEnvironment)
	if err == nil {
		for variable := range strings.SplitSeq(string(text), "\x00") {
			if path, ok := strings.CutPrefix(variable, "PATH="); ok {
				return path
			}
		}
	}
	return systemPath
}

// flag is the last value that the command line gives a flag under any of its
// names: "--config=/x", "--config /x".
func (d daemon) flag(names ...string) string { return engine.Flag(d.args, names...) }

// root is what leads to the process' own files, also if it has a mount namespace
// of its own.
func (d daemon) root() string { return procDir(d.pid) + "/root" }

// readConfig reads a configuration file below a root directory. There is none,
// and no error, if it does not exist.
func readConfig(root, path string) ([]byte, error) {
	text, truncated, err := config.ReadFile(root+path, maxConfig)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, unwrapPath(err))
	case truncated:
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxConfig)
	}
	return text, nil
}

// unwrapPath takes the path off an error, where it is one that nobody knows.
func unwrapPath(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// glob returns the paths below a root directory that match a pattern, in order.
func glob(root, pattern string) []string {
	matches, err := filepath.Glob(root + pattern)
	if err != nil {
		return nil // a pattern of the user's that means nothing to its engine either
	}
	var paths []string
	for _, match := range matches[:min(maxFiles, len(matches))] {
		paths = append(paths, strings.TrimPrefix(match, root))
	}
	return paths
}
