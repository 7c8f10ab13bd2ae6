package mountns

import (
	"strings"

	"golang.org/x/sys/unix"
)

// MayHang reports whether file systems of a type can leave whoever asks them
// waiting, beyond any signal: those whose answers come from a process or over
// the network.
func MayHang(fstype string) bool {
	base, _, _ := strings.Cut(fstype, ".")
	switch base {
	case "fuse", "fuseblk", "virtiofs", "autofs", "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph",
		"afs", "coda", "lustre", "gfs2", "ocfs2", "orangefs":
		return true
	default:
		return false
	}
}

// mqueueMagic is MQUEUE_MAGIC of ipc/mqueue.c.
const mqueueMagic = 0x19800202

// answers reports whether file systems of a kind, by their magic number, are known
// as such that do not hang. What it does not know is to be asked for its type: see
// MayHang.
func answers(magic uint64) bool {
	switch magic {
	case unix.BINFMTFS_MAGIC, unix.BPF_FS_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC, unix.CGROUP_SUPER_MAGIC,
		unix.DEBUGFS_MAGIC, unix.DEVPTS_SUPER_MAGIC, unix.EXT4_SUPER_MAGIC, unix.HUGETLBFS_MAGIC, unix.NSFS_MAGIC,
		unix.OVERLAYFS_SUPER_MAGIC, unix.PROC_SUPER_MAGIC, unix.RAMFS_MAGIC, unix.SECURITYFS_MAGIC, unix.SQUASHFS_MAGIC,
		unix.SYSFS_MAGIC, unix.TMPFS_MAGIC, unix.TRACEFS_MAGIC, unix.XFS_SUPER_MAGIC, mqueueMagic:
		return true
	default:
		return false
	}
}
