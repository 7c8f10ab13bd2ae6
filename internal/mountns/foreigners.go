package mountns

import (
	"bytes"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Foreigners tells which threads are of no concern to somebody in a user
// namespace of his own, such as rootless podman. There /proc shows every process
// of the host, but the links of most are closed.
//
// What is mounted in a mount namespace of his user namespace is passed on to
// those that his user namespace owns, or one below it, and to no other: the copy
// that another user namespace gets receives only (CL_SHARED_TO_SLAVE in
// copy_mnt_ns, fs/namespace.c). So an engine that is neither in his user
// namespace nor in a mount namespace that he can see loses nothing by what he
// unmounts.
//
// The zero value knows none. It looks at namespaces when it is first asked, and
// relies on what it saw from then on.
type Foreigners struct {
	lister *Lister
	own    []byte // our user namespace's map of users
	looked bool
	// mounts are the ids of all mounts of the namespaces that can be seen, nil if
	// that is not known.
	mounts map[uint64]bool
}

// ErrForeign says that nobody but foreigners is in what could not be seen.
var ErrForeign = errors.New("it is another user's")

// firstUserNamespace is the inode number of the user namespace that the kernel
// began with: PROC_USER_INIT_INO in include/linux/proc_ns.h.
const firstUserNamespace = 0xEFFFFFFD

// Confined reports whether this process is in a user namespace of its own, and
// so has nothing to say to most of the host's processes.
func Confined() bool {
	own, err := OwnUserNamespace()
	return err == nil && own != firstUserNamespace
}

// Foreigners returns what knows them. Nobody is foreign to a process that is not
// [Confined].
func (l *Lister) Foreigners() *Foreigners {
	if !Confined() {
		return &Foreigners{}
	}
	own, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return &Foreigners{}
	}
	return &Foreigners{lister: l, own: own}
}

// Has reports whether a thread is foreign, by its directory of /proc: it is in
// another user namespace than we are, and in no mount namespace that can be seen.
// It is false if that is not certain.
func (f *Foreigners) Has(dir string) bool {
	if !f.otherUsers(dir) {
		return false
	}
	f.look()
	if f.mounts == nil {
		return false
	}
	first, err := firstMount(dir)
	if isGone(err) || errors.Is(err, unix.EINVAL) {
		return true // it has ended, see unlessEnded
	}
	if err != nil {
		return false
	}
	if first == 0 {
		return true // it sees no mount, wherever it is
	}
	return !f.mounts[uint64(first)]
}

// otherUsers reports whether a thread is in another user namespace than we are, or
// has ended.
func (f *Foreigners) otherUsers(dir string) bool {
	if f.lister == nil {
		return false
	}
	// The map of one user namespace is the same text for whoever reads it from
	// there; that of any other one says what its users are to us.
	users, err := os.ReadFile(dir + "/uid_map")
	return isGone(err) || err == nil && !bytes.Equal(users, f.own)
}

// look gathers the mounts of all namespaces that can be seen. A mount is in one
// namespace only.
func (f *Foreigners) look() {
	if f.looked {
		return
	}
	f.looked = true
	mounts := make(map[uint64]bool)
	for ns, err := range f.lister.All() {
		if err != nil {
			continue // that there are others is why somebody asks
		}
		found, err := ns.Mounts(Query{})
		if err != nil {
			return
		}
		for i := range found {
			mounts[found[i].OldID] = true
		}
	}
	f.mounts = mounts
}
