package host

import (
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// volumeSize is enough for ext4 to have a journal.
const volumeSize = 16 << 20

// Volume is an ext4 file system on a loop device, as a storage driver attaches
// one for a pod.
type Volume struct {
	h      *Host
	device *os.File
	points []string
}

// Volume attaches a new volume. It is unmounted and detached with the test.
func (h *Host) Volume(name string) *Volume {
	h.t.Helper()
	file := filepath.Join(h.Dir("volumes"), name+".img")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		h.t.Fatalf("make a volume: %v", err)
	}
	if err := os.Truncate(file, volumeSize); err != nil {
		h.t.Fatalf("make a volume: %v", err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", file).CombinedOutput(); err != nil {
		h.t.Fatalf("make a volume: mkfs.ext4, of Debian's e2fsprogs: %v: %s", err, out)
	}
	device, err := attachLoop(file)
	if err != nil {
		h.t.Fatalf("make a volume: %v", err)
	}
	v := &Volume{h: h, device: device}
	h.t.Cleanup(func() {
		for _, point := range v.points {
			if err := unix.Unmount(point, unix.MNT_DETACH); err != nil {
				h.t.Errorf("unmount %s: %v", point, err)
			}
		}
		device.Close()
	})
	return v
}

// Device is the path of the block device.
func (v *Volume) Device() string { return v.device.Name() }

// Mount mounts the volume on a directory, which it makes if need be.
func (v *Volume) Mount(point string) {
	v.h.t.Helper()
	if err := os.MkdirAll(point, 0o755); err != nil {
		v.h.t.Fatalf("mount a volume: %v", err)
	}
	if err := unix.Mount(v.Device(), point, "ext4", 0, ""); err != nil {
		v.h.t.Fatalf("mount %s on %s: %v", v.Device(), point, err)
	}
	v.points = append(v.points, point)
}

// Unmount unmounts the volume as the kubelet does: plainly, so that the kernel
// refuses while someone in this namespace uses it.
func (v *Volume) Unmount(point string) {
	v.h.t.Helper()
	if err := unix.Unmount(point, 0); err != nil {
		v.h.t.Fatalf("unmount %s: %v", point, err)
	}
	for i, p := range v.points {
		if p == point {
			v.points = append(v.points[:i], v.points[i+1:]...)
			return
		}
	}
}
