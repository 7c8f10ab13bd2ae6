package target

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/unbusy/unbusy/internal/mountns"
)

// maxLinks is how many symbolic links a path may lead through, as in
// path_resolution(7).
const maxLinks = 40

// walked is where a path leads.
type walked struct {
	// path is without symbolic links, as far as they could be followed.
	path   string
	exists bool
	info   fs.FileInfo // nil if it was not looked at
	// netns is the kernel's name of a network namespace, "net:[4026532178]", if it
	// leads to that of a process.
	netns string
}

// walk follows the symbolic links of a path, absolute and clean. What lies on a
// file system that may not answer is not looked at: it is taken as it is written,
// and for something that exists.
func (h *Host) walk(name string) walked {
	todo := strings.Split(strings.Trim(name, "/"), "/")
	here, links := walked{path: "/", exists: true}, 0
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		switch next {
		case "", ".":
			continue
		case "..":
			here.path = path.Dir(here.path)
			continue
		}
		full := path.Join(here.path, next)
		if h.waits(full) {
			return walked{path: path.Join(append([]string{full}, todo...)...), exists: true}
		}
		info, err := os.Lstat(full)
		if err != nil {
			return walked{path: path.Join(append([]string{full}, todo...)...)}
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			here.path, here.info = full, info
			continue
		}
		target, err := os.Readlink(full)
		if links++; err != nil || links > maxLinks {
			return walked{path: path.Join(append([]string{full}, todo...)...)}
		}
		if strings.HasPrefix(target, netnsName) && len(todo) == 0 && h.isProc(full) {
			return walked{path: full, exists: true, netns: target}
		}
		if path.IsAbs(target) {
			here.path = "/"
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return here
}

// waits reports whether looking at a path may take for ever: what it is on, or
// what is mounted there.
func (h *Host) waits(name string) bool {
	m := h.at(h.Own).mountTree().At(name)
	return m != nil && m.Path != "/" && mountns.MayHang(m.FSType)
}

// isProc reports whether a path is on a file system of processes, whose links to
// namespaces lead to no path (proc_pid_ns(5)).
func (h *Host) isProc(name string) bool {
	m := h.at(h.Own).mountTree().At(name)
	return m != nil && m.FSType == "proc"
}
