package linux

import "golang.org/x/sys/unix"

// Unmount is umount2. The error is the bare number, for who knows what it means
// there.
func Unmount(target string, flags int) error {
	_, err := retry(func() (struct{}, error) { return struct{}{}, unix.Unmount(target, flags) })
	return err
}
