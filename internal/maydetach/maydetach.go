package maydetach

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrSplit says that the switch was left off for the sake of running
// containers: see [TurnOn].
var ErrSplit = errors.New("containers run in a mount namespace that their engine has left")

// TurnOn turns the switch on where it exists and is off, and reports whether it
// did. On every other kernel it costs one failing open.
//
// It leaves the switch off, with [ErrSplit], where an engine's shims live in
// another mount namespace than the engine: that is MountFlags=slave or private
// together with live-restore, after a restart of the daemon. The old rule is
// then what keeps the running containers' mounts alive, since the daemon's next
// start removes their mountpoints. Looking for that walks the process list,
// which happens only while the switch is off.
//
// proc is where procfs is mounted.
func TurnOn(proc string) (bool, error) {
	path := filepath.Join(proc, "sys/fs/may_detach_mounts")
	value, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !bytes.Equal(bytes.TrimSpace(value), []byte("0")) {
		return false, nil
	}
	split, err := Split(proc)
	if err != nil {
		return false, fmt.Errorf("look for engines whose containers live elsewhere: %w", err)
	}
	if split != "" {
		return false, fmt.Errorf("%w: %s", ErrSplit, split)
	}
	// As an unprivileged user, or with a read-only /proc/sys, this fails.
	if err := os.WriteFile(path, []byte("1"), 0); err != nil {
		return false, err
	}
	return true, nil
}
