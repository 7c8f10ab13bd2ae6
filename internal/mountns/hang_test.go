package mountns

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestAnswers has the file systems of MayHang, by the numbers that they have in the
// kernel's sources where the library has none.
func TestAnswers(t *testing.T) {
	for name, magic := range map[string]uint64{
		"fuse, virtiofs": unix.FUSE_SUPER_MAGIC, "autofs": unix.AUTOFS_SUPER_MAGIC, "nfs": unix.NFS_SUPER_MAGIC,
		"cifs": unix.CIFS_SUPER_MAGIC, "smb3": unix.SMB2_SUPER_MAGIC, "smbfs": unix.SMB_SUPER_MAGIC, "9p": unix.V9FS_MAGIC,
		"ceph": unix.CEPH_SUPER_MAGIC, "afs": unix.AFS_FS_MAGIC, "coda": unix.CODA_SUPER_MAGIC, "ocfs2": unix.OCFS2_SUPER_MAGIC,
		"gfs2": 0x01161970, "lustre": 0x0bd00bd0, "orangefs": 0x20030528, "what nobody knows": 1,
	} {
		if answers(magic) {
			t.Errorf("%s is taken for one that does not hang", name)
		}
	}
	for _, magic := range []uint64{unix.EXT4_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC} {
		if !answers(magic) {
			t.Errorf("%#x is not known", magic)
		}
	}
}
