package containerd

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// stockShim is the name by which containerd looks for the shim of runc's type in
// its $PATH, if nothing else names one.
const stockShim = "containerd-shim-runc-v2"

// linkDirs are where an administrator puts programs, the usual one first.
var linkDirs = []string{"/usr/local/bin", "/usr/local/sbin"}

// link makes our shim be found in containerd's $PATH before its own.
func (c *change) link() error {
	host := c.request.Host
	dir, present, problem := linkPlace(c.request, c.settings.daemon.path)
	if present != "" {
		if c.request.Record.IsLink(present) {
			c.links = append(c.links, install.File{Path: present, Before: linkTarget(host, present), After: []byte(c.request.Shim), Mode: fs.ModeSymlink, Ours: true})
		}
		return nil
	}
	if problem != "" {
		if v := c.settings.daemon.version; !v.takesRuntimePath() {
			return fmt.Errorf("containerd %v takes the shim that comes first in its $PATH, and no other, and %s", v, problem)
		}
		c.notes = append(c.notes, problem+": containers that are not started by handler (ctr, nerdctl, Docker) keep containerd's own shim")
		return nil
	}
	path, before, err := host.Link(filepath.Join(dir, stockShim))
	if err != nil {
		return err
	}
	c.links = append(c.links, install.File{Path: path, Before: before, After: []byte(c.request.Shim), Mode: fs.ModeSymlink, Ours: true})
	c.notes = append(c.notes, path+" leads to the shim, for what asks for it by its usual name alone: clients such as ctr, nerdctl and Docker, and containerd itself in some cases")
	return nil
}

// linkPlace returns a directory in which a link comes before containerd's own
// shim, or the link that is there, or why there can be none.
func linkPlace(request install.Request, path string) (dir, present, problem string) {
	host := request.Host
	dirs := slices.DeleteFunc(strings.Split(path, ":"), func(dir string) bool { return !filepath.IsAbs(dir) })
	before := dirs
	for i, dir := range dirs {
		shim := filepath.Join(dir, stockShim)
		if !host.Exists(shim) {
			continue
		}
		if isShim(host, shim) || request.Record.IsLink(shim) {
			return "", shim, ""
		}
		before = dirs[:i]
		break
	}
	for _, dir := range linkDirs {
		if slices.Contains(before, dir) {
			return dir, "", ""
		}
	}
	return "", "", fmt.Sprintf("there is no directory for a link to it: neither %s comes before that of containerd's own shim in the $PATH of containerd (%s)",
		strings.Join(linkDirs, " nor "), path)
}

// linkTarget is where a link leads, nil if it cannot be told.
func linkTarget(host *install.Host, path string) []byte {
	_, target, err := host.Link(path)
	if err != nil {
		return nil
	}
	return target
}
