package observe

import "strings"

// Copies returns the mounts in a process's namespace that show what original
// shows: the same directory of the same superblock, at a path that ends with
// the original's. The path is part of it because the kernel gives the device
// number of a file system that is gone to the next one.
func Copies(pid int, original Mount) ([]Mount, error) {
	mounts, err := Mounts(pid)
	if err != nil {
		return nil, err
	}
	var copies []Mount
	for _, m := range mounts {
		if m.Device == original.Device && m.Root == original.Root && strings.HasSuffix(m.Point, original.Point) {
			copies = append(copies, m)
		}
	}
	return copies, nil
}
