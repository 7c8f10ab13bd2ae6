package observe

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Mount is one line of a mountinfo file.
type Mount struct {
	ID, Parent  int
	Device      string // major:minor of the superblock
	Root        string // the directory of the superblock that is seen
	Point       string // where, as the process sees it
	Options     string
	Propagation string // optional fields: "shared:7 master:3", "" if private
	FSType      string
	Source      string
}

// Mounts returns the mount table of the namespace a process lives in. The pid 0
// stands for the calling thread. The error is one that satisfies
// errors.Is(err, fs.ErrNotExist) or ESRCH if the process is gone.
func Mounts(pid int) ([]Mount, error) {
	path := "/proc/thread-self/mountinfo"
	if pid != 0 {
		path = filepath.Join("/proc", strconv.Itoa(pid), "mountinfo")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var mounts []Mount
	for line := range strings.Lines(string(content)) {
		m, err := parse(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		mounts = append(mounts, m)
	}
	return mounts, nil
}

// At returns the mount that a path of the calling thread's namespace is the top
// of, or false if nothing is mounted exactly there.
func At(path string) (Mount, bool, error) {
	mounts, err := Mounts(0)
	if err != nil {
		return Mount{}, false, err
	}
	// The last one covers those before it.
	for i := len(mounts) - 1; i >= 0; i-- {
		if mounts[i].Point == path {
			return mounts[i], true, nil
		}
	}
	return Mount{}, false, nil
}

// parse reads one line: proc_pid_mountinfo(5).
func parse(line string) (Mount, error) {
	before, after, found := strings.Cut(line, " - ")
	left, right := strings.Split(before, " "), strings.Split(after, " ")
	if !found || len(left) < 6 || len(right) < 2 {
		return Mount{}, fmt.Errorf("not a line of mountinfo: %q", line)
	}
	id, err := strconv.Atoi(left[0])
	if err != nil {
		return Mount{}, fmt.Errorf("not a line of mountinfo: %q: %w", line, err)
	}
	parent, err := strconv.Atoi(left[1])
	if err != nil {
		return Mount{}, fmt.Errorf("not a line of mountinfo: %q: %w", line, err)
	}
	return Mount{
		ID: id, Parent: parent, Device: left[2],
		Root: unescape(left[3]), Point: unescape(left[4]), Options: left[5],
		Propagation: strings.Join(left[6:], " "),
		FSType:      right[0], Source: unescape(right[1]),
	}, nil
}

// unescape undoes the octal escapes that stand for blanks and backslashes.
func unescape(s string) string {
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+4 > len(s) {
			out.WriteString(s)
			return out.String()
		}
		n, err := strconv.ParseUint(s[i+1:i+4], 8, 8)
		if err != nil {
			out.WriteString(s[:i+1])
			s = s[i+1:]
			continue
		}
		out.WriteString(s[:i])
		out.WriteByte(byte(n))
		s = s[i+4:]
	}
}
