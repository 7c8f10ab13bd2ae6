package shim

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/unbusy/unbusy/internal/linux"
)

// removeMountpoint removes the directory that the root file system was mounted
// on, as containerd is about to: with it, the kernel detaches whatever is mounted
// on it in other namespaces, also what nobody can unmount there (detach_mounts in
// fs/namespace.c, since Linux 3.18). It reports whether the directory is gone.
//
// It is done only in containerd's own mount namespace. In another one, which the
// shim has stayed in, the directory may be what containerd has mounted since.
func (d *deletion) removeMountpoint() bool {
	path := filepath.Join(d.container.bundle, "rootfs")
	if d.rootfs.Path != path || !d.deleter.sharesNamespace() {
		return false
	}
	// This fails if anything is mounted there, or in it.
	return os.Remove(path) == nil
}

// answerTime is how long containerd may take to accept a connection.
const answerTime = 20 * time.Millisecond

// sharesNamespace reports whether containerd runs in our mount namespace. It may
// not run at all.
func (d deleter) sharesNamespace() bool {
	if d.daemon == "" {
		return false
	}
	connection, err := net.DialTimeout("unix", d.daemon, answerTime)
	if err != nil {
		return false
	}
	defer connection.Close()
	unix, ok := connection.(*net.UnixConn)
	if !ok {
		return false
	}
	pid, err := linux.PeerPID(unix)
	if err != nil || pid == 0 {
		return false
	}
	own, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return false
	}
	theirs, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/mnt")
	return err == nil && own == theirs
}
