package oldrule

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// name is a path as a call has it: an address in the caller's memory, and the
// directory that a relative one starts from.
type name struct {
	dir     int32
	address uint64
}

// place is a name in a file system, whether something is mounted on it or not.
type place struct {
	device string // as in mount tables
	path   string // in the file system
}

// resolve finds what the name means to a thread.
func (n name) resolve(tid uint32, all processes) (place, error) {
	proc := fmt.Sprintf("/proc/%d", tid)
	path, err := n.read(proc)
	if err != nil {
		return place{}, err
	}
	root, err := os.Readlink(proc + "/root")
	if err != nil {
		return place{}, err
	}
	if !strings.HasPrefix(path, "/") {
		link := proc + "/cwd"
		if n.dir != unix.AT_FDCWD {
			link = fmt.Sprintf("%s/fd/%d", proc, n.dir)
		}
		start, err := os.Readlink(link)
		if err != nil {
			return place{}, err
		}
		path = strings.TrimPrefix(start, strings.TrimSuffix(root, "/")) + "/" + path
	}
	path = strings.TrimRight(path, "/")
	base := filepath.Base(path)
	if base == ".." || base == "." || base == "/" {
		return place{}, errors.New("the kernel refuses that by itself")
	}
	top, err := os.OpenFile(proc+"/root", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return place{}, err
	}
	defer top.Close()
	parent, err := unix.Openat2(int(top.Fd()), "./"+path[:len(path)-len(base)], &unix.OpenHow{
		Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT,
	})
	if err != nil {
		return place{}, err
	}
	defer unix.Close(parent)
	return placeIn(parent, base, all)
}

// read copies the path from the caller's memory.
func (n name) read(proc string) (string, error) {
	memory, err := os.Open(proc + "/mem")
	if err != nil {
		return "", err
	}
	defer memory.Close()
	// The memory after the path may end with its page.
	path := make([]byte, 0, unix.PathMax)
	const page = 4096
	for at := n.address; len(path) < unix.PathMax; {
		chunk := make([]byte, page-at%page)
		if _, err := memory.ReadAt(chunk, int64(at)); err != nil {
			return "", err
		}
		if end := bytes.IndexByte(chunk, 0); end >= 0 {
			return string(append(path, chunk[:end]...)), nil
		}
		path = append(path, chunk...)
		at += uint64(len(chunk))
	}
	return "", unix.ENAMETOOLONG
}

// placeIn is the place of a name in an opened directory.
func placeIn(parent int, base string, all processes) (place, error) {
	dir, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", parent))
	if err != nil {
		return place{}, err
	}
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", parent))
	if err != nil {
		return place{}, err
	}
	var id string
	for line := range strings.Lines(string(info)) {
		if value, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			id = strings.TrimSpace(value)
		}
	}
	m, err := all.findMount(id)
	if err != nil {
		return place{}, err
	}
	return place{m.device, m.inside(strings.TrimPrefix(dir, strings.TrimSuffix(m.point, "/"))) + "/" + base}, nil
}
