package mountns

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// MountError is a mount operation that failed.
type MountError struct {
	Op     string // the system call
	Target string // the path in its namespace
	Flags  int
	Err    error
}

// Error names everything, the flags in words.
func (e *MountError) Error() string {
	text := fmt.Sprintf("%s %q", e.Op, e.Target)
	if e.Flags != 0 {
		text += " (" + unmountFlags(e.Flags) + ")"
	}
	return text + ": " + e.Err.Error()
}

// Unwrap is the system's error, and its meaning where that is known.
func (e *MountError) Unwrap() error { return e.Err }

// unmountFlags decodes the flags of umount2.
func unmountFlags(flags int) string {
	var names []string
	for _, flag := range []struct {
		bit  int
		name string
	}{
		{unix.MNT_FORCE, "MNT_FORCE"},
		{unix.MNT_DETACH, "MNT_DETACH"},
		{unix.MNT_EXPIRE, "MNT_EXPIRE"},
		{unix.UMOUNT_NOFOLLOW, "UMOUNT_NOFOLLOW"},
	} {
		if flags&flag.bit != 0 {
			names = append(names, flag.name)
			flags &^= flag.bit
		}
	}
	if flags != 0 {
		names = append(names, fmt.Sprintf("0x%x", flags))
	}
	return strings.Join(names, "|")
}
