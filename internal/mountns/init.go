package mountns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/linux"
)

// Init identifies the mount namespace of the process that is PID 1 in /proc.
//
// Its link /proc/1/ns/mnt may be closed to root, too: reading it takes all of the
// other's capabilities (ptrace_may_access), and security modules have their say.
// Its mount table may be read by anyone. A mount is in one namespace only, and an
// id is one mount's for as long as that lives: so the namespace whose table has a
// mount of PID 1's, with the same id, device and root, while PID 1's still has it
// before and after, is the one.
//
// The error satisfies errors.Is(err, ErrNoNamespace) if no namespace that can be
// seen is PID 1's.
func (l *Lister) Init() (ID, error) {
	return l.namespaceOf("/proc/1")
}

// namespaceOf identifies the namespace of a process.
func (l *Lister) namespaceOf(dir string) (ID, error) {
	ns, err := l.openNamespace(dir + "/ns/mnt")
	if err == nil {
		defer ns.Close()
		return ns.ID, nil
	}
	if !errors.Is(err, fs.ErrPermission) {
		return ID{}, err
	}
	return l.namespaceByTable(func() ([]*mountinfo.Info, error) {
		return readTable(dir+"/mountinfo", os.ReadFile, linux.ReleaseAtLeast(5, 8))
	})
}

// namespaceByTable identifies the namespace of which read reads the mount
// table.
func (l *Lister) namespaceByTable(read func() ([]*mountinfo.Info, error)) (ID, error) {
	for range maxReads {
		before, err := read()
		if err != nil {
			return ID{}, err
		}
		if len(before) == 0 {
			return ID{}, fmt.Errorf("%w: an empty mount table belongs to none", ErrNoNamespace)
		}
		wanted := mountOfInfo(before[0])
		id, err := l.namespaceWith(wanted)
		if err != nil && !errors.Is(err, ErrNoNamespace) {
			return ID{}, err
		}
		after, readErr := read()
		if readErr != nil {
			return ID{}, readErr
		}
		for _, info := range after {
			if mount := mountOfInfo(info); sameMount(mount, wanted) {
				return id, err
			}
		}
	}
	return ID{}, fmt.Errorf("a mount table changed during each of %d looks", maxReads)
}

// patience is what one of the namespaces may take that is most likely not the
// wanted one: some tens of thousands of mounts.
const patience = 100 * time.Millisecond

// kernelThreads is the namespace of the process that should be kthreadd.
func (l *Lister) kernelThreads() (*Namespace, error) { return l.openNamespace("/proc/2/ns/mnt") }

// namespaceWith finds the namespace that has a mount.
func (l *Lister) namespaceWith(wanted Mount) (ID, error) {
	query := Query{Device: func(d Device) bool { return d == wanted.Device }, Within: patience}
	has := func(ns *Namespace) (bool, error) {
		mounts, err := ns.Mounts(query)
		if err != nil {
			return false, err
		}
		for _, mount := range mounts {
			if sameMount(mount, wanted) {
				return true, nil
			}
		}
		return false, nil
	}
	var errs []error
	// Our own one is likely, and the first that a walk yields; a search comes to it
	// late. PID 1's is likely, too: there the kernel's list begins, and there is its
	// first thread, kthreadd.
	likely := []func() (*Namespace, error){l.kernelThreads, l.first}
	if l.proc {
		likely = []func() (*Namespace, error){l.Own, l.kernelThreads}
	}
	for _, open := range likely {
		ns, err := open()
		if err != nil {
			continue // a loop over all says so, if it has to come to that
		}
		is, err := has(ns)
		ns.Close()
		if is {
			return ns.ID, nil
		} else if err != nil {
			errs = append(errs, err)
		}
	}
	for ns, err := range l.All() {
		if err == nil {
			var is bool
			if is, err = has(ns); is {
				return ns.ID, nil
			}
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return ID{}, fmt.Errorf("%w that has mount %d: %w", ErrNoNamespace, wanted.OldID, errors.Join(errs...))
}

// sameMount reports whether two entries of tables are of one mount, as far as
// can be told without unique ids.
func sameMount(a, b Mount) bool {
	return a.OldID == b.OldID && a.Device == b.Device && a.Root == b.Root
}
