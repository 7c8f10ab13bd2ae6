package incidents

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/observe"
)

// keeps notes what processes have mounted, apart from what has one of the names in
// its path, by the ids that the kernel gives to no other mount. The function that
// it returns fails the test if any of that is gone, or if a process is. The pid 0
// is this process: the node itself.
func keeps(t *testing.T, names []string, pids ...int) (still func()) {
	t.Helper()
	before := make(map[int]map[uint64]observe.Mount)
	for _, pid := range pids {
		before[pid] = mountsByID(t, pid)
		if len(before[pid]) == 0 {
			t.Fatalf("process %d has nothing mounted that could be lost", pid)
		}
	}
	return func() {
		t.Helper()
		for _, pid := range pids {
			now := mountsByID(t, pid)
			for id, m := range before[pid] {
				victims := slices.ContainsFunc(names, func(name string) bool { return strings.Contains(m.Point, name) })
				if _, there := now[id]; !there && !victims {
					t.Errorf("process %d has lost %s on %s", pid, m.FSType, m.Point)
				}
			}
		}
	}
}

// mountsByID is the mount table of a process by the unique ids of the mounts.
func mountsByID(t *testing.T, pid int) map[uint64]observe.Mount {
	t.Helper()
	table, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := uniqueIDs(pid)
	if err != nil {
		t.Fatalf("the mounts of process %d: %v", pid, err)
	}
	mounts := make(map[uint64]observe.Mount)
	for _, m := range table {
		// What comes or goes between the two looks is in one of them only.
		if id, ok := ids[m.ID]; ok {
			mounts[id] = m
		}
	}
	return mounts
}

// request is struct mnt_id_req of linux/mount.h.
type request struct {
	size, _                   uint32
	mount, parameter, spaceID uint64
}

const (
	sizeOfRequest = 32
	everything    = ^uint64(0) // LSMT_ROOT
	basic         = 2          // STATMOUNT_MNT_BASIC
	getInfo       = 0x8010b70a // NS_MNT_GET_INFO
	atUniqueID    = 40         // in struct statmount
	atID          = 56         // in struct statmount
)

// uniqueIDs are the unique ids of all mounts in the namespace of a process, by
// those that mountinfo has (listmount and statmount of Linux 6.11).
func uniqueIDs(pid int) (map[int]uint64, error) {
	path := "/proc/thread-self/ns/mnt"
	if pid != 0 {
		path = fmt.Sprintf("/proc/%d/ns/mnt", pid)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// struct mnt_ns_info: two of 32 bits, and the id.
	info := [2]uint64{16}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, file.Fd(), getInfo, uintptr(unsafe.Pointer(&info))); errno != 0 {
		return nil, fmt.Errorf("ask for the id of a namespace: %w", errno)
	}
	found := make(map[int]uint64)
	list := make([]uint64, 256)
	for last := uint64(0); ; last = list[len(list)-1] {
		req := request{size: sizeOfRequest, mount: everything, parameter: last, spaceID: info[1]}
		n, _, errno := unix.Syscall6(unix.SYS_LISTMOUNT, uintptr(unsafe.Pointer(&req)), uintptr(unsafe.Pointer(&list[0])), uintptr(len(list)), 0, 0, 0)
		if errno != 0 {
			return nil, fmt.Errorf("list mounts: %w", errno)
		}
		for _, id := range list[:n] {
			var stat [512]byte
			req := request{size: sizeOfRequest, mount: id, parameter: basic, spaceID: info[1]}
			_, _, errno := unix.Syscall6(unix.SYS_STATMOUNT, uintptr(unsafe.Pointer(&req)), uintptr(unsafe.Pointer(&stat)), unsafe.Sizeof(stat), 0, 0, 0)
			if errno == unix.ENOENT {
				continue // it has gone
			}
			if errno != 0 {
				return nil, fmt.Errorf("ask for a mount: %w", errno)
			}
			found[int(binary.NativeEndian.Uint32(stat[atID:]))] = binary.NativeEndian.Uint64(stat[atUniqueID:])
		}
		if int(n) < len(list) {
			return found, nil
		}
	}
}
