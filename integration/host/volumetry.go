package host

import (
	"slices"

	"golang.org/x/sys/unix"
)

// TryUnmount is Unmount for what may fail: the error is the kernel's.
func (v *Volume) TryUnmount(point string) error {
	if err := unix.Unmount(point, 0); err != nil {
		return err
	}
	if i := slices.Index(v.points, point); i >= 0 {
		v.points = slices.Delete(v.points, i, i+1)
	}
	return nil
}
