package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
)

// What is read of a process, which chooses its name and arguments itself.
const (
	// maxStat is more than a name of 64 bytes and 50 numbers take.
	maxStat = 2 << 10
	// maxArguments is enough for a command to appear in.
	maxArguments = 16 << 10
)

// process is a process as /proc lists it.
type process struct {
	pid, parent int
	comm        string // chosen by itself, any bytes
}

// reader reads processes, one after the other.
type reader struct {
	buffer [maxStat]byte
}

// read reads who a process is. One that is no more is not ok.
func (r *reader) read(pid string) (p process, ok bool, err error) {
	path := "/proc/" + pid + "/stat"
	n, err := linux.ReadOnce(path, r.buffer[:])
	if isGone(err) {
		return process{}, false, nil
	}
	if err != nil {
		return process{}, false, err
	}
	p, ok = parseStat(r.buffer[:n])
	if !ok {
		return process{}, false, fmt.Errorf("%s has an unknown form", path)
	}
	return p, true, nil
}

// parseStat takes the beginning of "812 (dockerd) S 1 ..." apart. The name may
// have parentheses in it, what follows has none (proc_pid_stat(5)).
func parseStat(text []byte) (process, bool) {
	pid, rest, _ := bytes.Cut(text, []byte(" ("))
	end := bytes.LastIndexByte(rest, ')')
	if end < 0 {
		return process{}, false
	}
	fields := bytes.SplitN(bytes.TrimPrefix(rest[end+1:], []byte(" ")), []byte(" "), 3)
	if len(fields) < 3 {
		return process{}, false
	}
	number, err := strconv.Atoi(string(pid))
	parent, parentErr := strconv.Atoi(string(fields[1]))
	return process{pid: number, parent: parent, comm: string(rest[:end])}, err == nil && parentErr == nil
}

// dir is where /proc has the process.
func (p process) dir() string { return "/proc/" + strconv.Itoa(p.pid) }

// executable is the name of the file that the process executes. It is empty for
// one that ended and for the kernel's own.
func (p process) executable() (string, error) {
	link, err := os.Readlink(p.dir() + "/exe")
	if isGone(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return program(link), nil
}

// arguments is the beginning of the command line.
func (p process) arguments() ([]string, error) {
	line := make([]byte, maxArguments)
	n, err := linux.ReadOnce(p.dir()+"/cmdline", line)
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(line[:n]), "\x00"), "\x00"), nil
}

// isGone reports whether an error of /proc says that a process ended.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// pids returns the entries of a directory of /proc that are numbers.
func pids(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	numbers := names[:0]
	for _, name := range names {
		if name[0] >= '0' && name[0] <= '9' {
			numbers = append(numbers, name)
		}
	}
	return numbers, nil
}
