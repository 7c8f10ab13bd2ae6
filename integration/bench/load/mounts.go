package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/moby/sys/mountinfo"
)

// fillings is where mounts are made. Somebody else's are not: the namespace is
// the load's own.
const fillings = "/mnt"

// keep reports whether a mount is needed.
func (l *load) keep(point string) bool {
	below := func(dir, path string) bool { return dir == "/" || path == dir || strings.HasPrefix(path, dir+"/") }
	for _, needed := range []string{"/proc", filepath.Dir(sleeper), l.victim} {
		if needed != "" && below(point, needed) {
			return true
		}
	}
	return false
}

// thin detaches mounts while there are too many.
func (l *load) thin() error {
	table, err := mountinfo.GetMounts(nil)
	if err != nil {
		return err
	}
	count := len(table)
	for i := len(table) - 1; i >= 0 && count > l.mounts; i-- {
		if l.keep(table[i].Mountpoint) {
			continue
		}
		// What was mounted below it went before: it is further down in the table.
		if err := unix.Unmount(table[i].Mountpoint, unix.MNT_DETACH); err == nil {
			count--
		}
	}
	return nil
}

// fill mounts file systems until there are enough, at paths as long as the
// kubelet's.
func (l *load) fill() error {
	table, err := mountinfo.GetMounts(nil)
	if err != nil {
		return err
	}
	missing := l.mounts - len(table)
	for i := range max(0, missing) {
		dir := fillings
		if i > 0 {
			dir = filepath.Join(fillings, fmt.Sprintf("pods/5e0c2a44-9d1f-4b7e-8a35-%012d/volumes/kubernetes.io~projected/kube-api-access", i))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
		if err := unix.Mount("filling", dir, "tmpfs", 0, "mode=755,size=64m"); err != nil {
			return fmt.Errorf("mount on %s: %w", dir, err)
		}
	}
	return nil
}
