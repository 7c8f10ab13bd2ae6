package linux

import (
	"bytes"
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What to ask StatMount for, and what the kernel knew: STATMOUNT_ of
// include/uapi/linux/mount.h, with the release that brought it where that is
// later than statmount itself.
const (
	MountSuperblock uint64 = 0x001 // Major, Minor, SuperblockFlags
	MountBasic      uint64 = 0x002 // ids, attributes, peer group, master
	MountRoot       uint64 = 0x008
	MountPoint      uint64 = 0x010
	MountFSType     uint64 = 0x020
	MountOptions    uint64 = 0x080 // 6.11
	MountFSSubtype  uint64 = 0x100 // 6.13
	MountSource     uint64 = 0x200 // 6.13
)

// MountStat is the fixed part of struct statmount of
// include/uapi/linux/mount.h. Strings are asked for by name.
type MountStat struct {
	size, options     uint32
	Mask              uint64 // what the kernel filled in
	Major, Minor      uint32
	Magic             uint64
	SuperblockFlags   uint32 // MS_RDONLY and others
	fsType            uint32
	ID, Parent        uint64 // unique; the hidden root is its own parent
	OldID, OldParent  uint32 // those of mountinfo
	Attributes        uint64 // MOUNT_ATTR_
	Propagation       uint64 // MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE
	PeerGroup, Master uint64
	PropagateFrom     uint64
	root, point       uint32
	Namespace         uint64
	fsSubtype, source uint32
	_                 [48]uint64
}

// MountReader asks for mounts one after the other with one buffer. The zero
// value is ready, for one goroutine at a time.
type MountReader struct {
	buffer []uint64 // of this type because the structure has to be aligned
}

// mountStrings is where a MountReader's buffer for strings begins: enough for
// nearly all mounts.
const mountStrings = 4096

// maxMountStrings is more than the kernel ever has to say about a mount: a
// source, two paths, two names, and the options of a file system, of which those
// of an overlay with 500 layers (OVL_MAX_STACK in fs/overlayfs/params.h) are long.
const maxMountStrings = 1 << 20

// Stat asks for a mount by its unique id. What it returns is valid until the
// next call. The error is ENOENT if there is no such mount in the namespace any
// more, or the caller may not administer it, ENOSYS before Linux 6.8 and EINVAL
// for a foreign namespace before 6.11. A bit of mask that the kernel does not
// know is ignored: see Mask. A path that cannot be reached from the root of the
// namespace (as of ListMounts) is empty.
func (r *MountReader) Stat(namespace, mount, mask uint64) (*MountStat, error) {
	if r.buffer == nil {
		r.buffer = make([]uint64, (unsafe.Sizeof(MountStat{})+mountStrings)/8)
	}
	request := mountRequest{mount: mount, param: mask, namespace: namespace}
	request.size = uint32(unsafe.Sizeof(request))
	for {
		_, err := retry(func() (struct{}, error) {
			_, _, errno := unix.Syscall6(unix.SYS_STATMOUNT, uintptr(unsafe.Pointer(&request)),
				uintptr(unsafe.Pointer(&r.buffer[0])), uintptr(len(r.buffer)*8), 0, 0, 0)
			if errno != 0 {
				return struct{}{}, errno
			}
			return struct{}{}, nil
		})
		switch {
		case err == nil:
			return r.stat(), nil
		case errors.Is(err, unix.EOVERFLOW) && len(r.buffer)*8 < maxMountStrings:
			r.buffer = make([]uint64, 4*len(r.buffer))
		default:
			return nil, os.NewSyscallError("statmount", err)
		}
	}
}

func (r *MountReader) stat() *MountStat {
	return (*MountStat)(unsafe.Pointer(&r.buffer[0]))
}

// Root is the path of the mount's root in its file system, MountRoot.
func (r *MountReader) Root() string { return r.text(MountRoot, r.stat().root) }

// Point is the path of the mountpoint, MountPoint.
func (r *MountReader) Point() string { return r.text(MountPoint, r.stat().point) }

// Source is what was mounted, in the words of whoever mounted it, MountSource.
func (r *MountReader) Source() string { return r.text(MountSource, r.stat().source) }

// FSType is the type of the file system, MountFSType, with the subtype if
// MountFSSubtype was asked for, as mountinfo has it: "fuse.sshfs".
func (r *MountReader) FSType() string {
	fstype := r.text(MountFSType, r.stat().fsType)
	if sub := r.text(MountFSSubtype, r.stat().fsSubtype); sub != "" {
		fstype += "." + sub
	}
	return fstype
}

// Options are those of the file system, MountOptions, as it shows them in
// mountinfo, escapes included; without the "ro" or "rw" that is before them there.
func (r *MountReader) Options() string { return r.text(MountOptions, r.stat().options) }

// text is the string at an offset, if the last answer has it.
func (r *MountReader) text(bit uint64, offset uint32) string {
	stat := r.stat()
	if stat.Mask&bit == 0 {
		return ""
	}
	all := unsafe.Slice((*byte)(unsafe.Pointer(&r.buffer[0])), min(int(stat.size), len(r.buffer)*8))
	start := int(unsafe.Sizeof(MountStat{})) + int(offset)
	if start >= len(all) {
		return ""
	}
	text, _, _ := bytes.Cut(all[start:], []byte{0})
	return string(text)
}
