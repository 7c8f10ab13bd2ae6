package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// newNamespace moves the calling thread, which has to be locked, to a mount
// namespace of its own in which / is shared with nobody but its own copies: the
// state of a host that systemd has booted, and none of it reaches the machine.
//
// /run is empty there. Engines and runtimes have fixed places below it, from
// sockets of shims to network namespaces, that must neither collide with the
// machine's nor be left on it.
func newNamespace() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare the mount namespace: %w", err)
	}
	// The copies are still peers of the machine's mounts until this is done.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make / private: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount a new /run: %w", err)
	}
	for _, dir := range borrowed {
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
			return fmt.Errorf("mount a new %s: %w", dir, err)
		}
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("make / shared: %w", err)
	}
	return nil
}
