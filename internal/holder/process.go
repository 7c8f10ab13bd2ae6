package holder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
)

// Process is a process by the names that people know. They come from the process
// or its container and can be anything, control characters included.
type Process struct {
	PID int `json:"pid"`
	// Command is its command line, or its name in brackets if it has none.
	Command string `json:"command"`
	// Unit is what systemd calls it, as `systemctl status PID` has it.
	Unit string `json:"unit,omitempty"`
	// Container is the id of the innermost container it is in.
	Container string `json:"container,omitempty"`
	// Pod is the uid of its pod in Kubernetes or the id of its pod in podman.
	Pod string `json:"pod,omitempty"`
	// PodUID is Pod in Kubernetes.
	PodUID string `json:"pod_uid,omitempty"`
}

// ErrEnded says that a process is no more.
var ErrEnded = errors.New("process has ended")

const (
	// maxStat is more than a name of 64 bytes and 50 numbers take.
	maxStat = 2 << 10
	// maxCgroup is enough for a dozen hierarchies with paths of PATH_MAX.
	maxCgroup = 64 << 10
)

// Describe names a process. The error satisfies errors.Is(err, ErrEnded) if there
// is none of that number, or if it was given to another one meanwhile.
func Describe(pid int) (Process, error) {
	p, err := describe(pid)
	if isGone(err) {
		err = ErrEnded
	}
	if err != nil {
		return Process{}, fmt.Errorf("describe process %d: %w", pid, err)
	}
	return p, nil
}

func describe(pid int) (Process, error) {
	dir := procDir(pid)
	p := Process{PID: pid}
	err := ofOne(dir, func() (err error) {
		if p.Command, err = command(dir); err != nil {
			return err
		}
		buffer := make([]byte, maxCgroup)
		n, err := readAll(dir+"cgroup", buffer)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without cgroups
			return err
		}
		g := parseCgroup(string(buffer[:n]))
		p.Unit, p.Container, p.Pod, p.PodUID = g.unit, g.container, g.pod, g.podUID
		return nil
	})
	return p, err
}

// ofOne lets read look into the directory of a process. The error is ErrEnded if
// that was another process's in the end.
func ofOne(dir string, read func() error) error {
	before, err := started(dir)
	if err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	after, err := started(dir)
	if err != nil {
		return err
	}
	if before != after {
		return ErrEnded
	}
	return nil
}

// procDir is the directory of a process below /proc, with a slash at its end.
func procDir(pid int) string {
	return "/proc/" + strconv.Itoa(pid) + "/"
}

// readAll fills the buffer from a file of /proc that may take several reads.
func readAll(path string, buffer []byte) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n := 0
	for n < len(buffer) {
		more, err := f.Read(buffer[n:])
		n += more
		if more == 0 || err != nil {
			break // what is there is there
		}
	}
	return n, nil
}

// started is when the process was started, in clock ticks since boot: what tells
// it from others that have its number before or after.
func started(dir string) (string, error) {
	var buffer [maxStat]byte
	n, err := linux.ReadOnce(dir+"stat", buffer[:])
	if err != nil {
		return "", err
	}
	start, ok := startTime(buffer[:n])
	if !ok {
		return "", fmt.Errorf("%sstat has an unknown form", dir)
	}
	return start, nil
}

// startTime is field 22 of "812 (dockerd) S 1 ...". The name may have parentheses
// and blanks in it, what follows has none (proc_pid_stat(5)).
func startTime(stat []byte) (string, bool) {
	const afterName = 22 - 3
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= afterName {
		return "", false
	}
	return string(fields[afterName]), true
}

// isGone reports whether an error says that a process, or what it had open, is
// no more.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}
