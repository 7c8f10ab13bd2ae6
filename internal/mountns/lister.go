package mountns

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// ErrIncomplete says that not all namespaces could be looked at.
var ErrIncomplete = errors.New("not all mount namespaces can be seen")

// ErrNoNamespace says that a namespace is not there, or not any more.
var ErrNoNamespace = errors.New("no such mount namespace")

// Lister finds mount namespaces. It is chosen once and has no state.
type Lister struct {
	proc bool
}

// NewLister returns a Lister that lets the kernel walk the namespaces where the
// kernel does that for this process, and else searches /proc.
func NewLister() *Lister {
	return &Lister{proc: !kernelWalks()}
}

// NewProcLister returns a Lister that searches /proc whatever the kernel could
// do.
func NewProcLister() *Lister {
	return &Lister{proc: true}
}

// Proc reports whether this Lister searches /proc, with all that this misses:
// see the package comment.
func (l *Lister) Proc() bool { return l.proc }

// kernelWalks reports whether this process may walk the namespaces and read
// their tables by number. It tries, because neither the release nor the
// capabilities tell: in a child pid namespace the walk is refused, in a user
// namespace it is blind, and seccomp filters forbid single calls.
func kernelWalks() bool {
	own, err := (&Lister{}).Own()
	if err != nil {
		return false
	}
	defer own.Close()
	alone := true
	for _, step := range []func(int) (int, linux.MountNamespace, error){
		linux.NextMountNamespace, linux.PreviousMountNamespace,
	} {
		fd, _, err := step(own.fd)
		if err == nil {
			unix.Close(fd)
			alone = false
		}
	}
	// Who may not see the others is refused, or told that there are none (before
	// commit "nsfs: tighten permission checks for ns iteration ioctls"). If it is
	// true that there are none, /proc costs nothing.
	if alone {
		return false
	}
	_, _, err = hiddenRoot(own.Unique, new(scratch))
	return err == nil
}

// All returns the namespaces, each once and in no particular order. One is open
// until the loop body ends; what is needed longer is kept by Namespace.File.
//
// Errors come between the namespaces and do not end the sequence unless the body
// does. They satisfy errors.Is(err, ErrIncomplete), and errors.Is(err, ErrForeign)
// if only [Foreigners] are in what is missed. Namespaces that are made or end
// meanwhile may be there or not.
func (l *Lister) All() iter.Seq2[*Namespace, error] {
	if l.proc {
		return l.search
	}
	return l.walk
}

// Own returns the namespace of this process' main thread. The caller closes it.
func (l *Lister) Own() (*Namespace, error) {
	ns, err := l.openNamespace("/proc/self/ns/mnt")
	if err == nil && l.proc {
		ns.views = []view{{threads: []string{"self"}}}
	}
	return ns, err
}

// Open finds a namespace by its identity. The caller closes it. If there is no
// such namespace any more the error satisfies errors.Is(err, ErrNoNamespace).
func (l *Lister) Open(id ID) (*Namespace, error) {
	var incomplete error
	for ns, err := range l.All() {
		if err != nil {
			incomplete = err
			continue
		}
		if !ns.Same(id) {
			continue
		}
		return ns.Keep()
	}
	if incomplete != nil {
		return nil, incomplete
	}
	return nil, fmt.Errorf("%w: %s", ErrNoNamespace, id)
}

// isGone reports whether an error of /proc says that a process ended.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}
