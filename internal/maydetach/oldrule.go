package maydetach

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/unbusy/unbusy/internal/linux"
)

// OldRule reports whether the kernel refuses to remove a directory that is a
// mountpoint in any mount namespace, and not only in the caller's. Linux does not
// since 3.18 (commit 8ed936b5671b, "vfs: Lazily remove mounts on unlinked files and
// directories"); the kernel of RHEL and CentOS 7 lets a switch decide.
//
// proc is where procfs is mounted.
func OldRule(proc string) bool {
	value, err := os.ReadFile(filepath.Join(proc, "sys/fs/may_detach_mounts"))
	if err == nil {
		return bytes.Equal(bytes.TrimSpace(value), []byte("0"))
	}
	return !linux.ReleaseAtLeast(3, 18)
}
