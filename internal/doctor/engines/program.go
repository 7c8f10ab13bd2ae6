package engines

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// unbusy's programs that engines run, by the names that packages give them.
const (
	wrapper = "unbusy-runtime"
	shim    = "containerd-shim-unbusy-v2"
	ourHook = "unbusy-hook"
)

// systemPath is where a service's programs are looked for if it has no other
// choice.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// leadsTo reports whether a path is that of one of unbusy's programs, or leads to
// it by symbolic links; the program itself need not be there. The wrapper wraps
// crun if it is called by a link of that name.
func leadsTo(path, program string) bool {
	const maxLinks = 40 // path_resolution(7)
	for range maxLinks {
		if filepath.Base(path) == program {
			return true
		}
		target, err := os.Readlink(path)
		if err != nil {
			return false
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return false
}

// unusable says why a program cannot be executed, empty if it can.
func unusable(path string) string {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case err != nil:
		return "cannot be looked at: " + err.Error()
	case !info.Mode().IsRegular():
		return "is no file"
	case info.Mode()&0o111 == 0:
		return "is not executable"
	}
	return ""
}

// find looks for a program by its name as execvp does. What has a slash in it, and
// what is not found, is returned as it is.
func find(name, path string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for dir := range strings.SplitSeq(path, ":") {
		if !filepath.IsAbs(dir) {
			continue
		}
		if candidate := filepath.Join(dir, name); unusable(candidate) == "" {
			return candidate
		}
	}
	return name
}

// likeRunc reports whether a runtime lets the kernel mount for the container as
// runc does, so that unbusy could wrap it. Sandboxes (runsc, kata) have kernels
// or rules of their own.
func likeRunc(path string) bool {
	name := filepath.Base(path)
	switch name {
	case "runc", "docker-runc", "crun", "youki":
		return true
	}
	return strings.HasPrefix(name, "nvidia-container-runtime")
}
