package mountns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

// asChild in the environment says that the test binary is to print what it sees
// as JSON, in place of testing.
const asChild = "UNBUSY_MOUNTNS_CHILD"

// sight is what a child process sees.
type sight struct {
	Proc   bool // its Lister searches /proc
	Inodes []uint64
	Errors []string
	Own    []Mount
	// Owner is the user namespace of its mount namespace, or OwnerForbidden says
	// that it may not know it; User is its own.
	Owner, User    uint64
	OwnerForbidden bool
	// Roots are those of threads in all namespaces, or RootsError why not.
	Roots      map[uint64][]uint64
	RootsError string
	// Foreign are the processes that are foreign to it, and ForeignErrors how many
	// of its errors are about nobody else.
	Foreign       []int
	ForeignErrors int
}

func TestMain(m *testing.M) {
	if os.Getenv(asChild) == "" {
		os.Exit(m.Run())
	}
	l := NewLister()
	s := sight{Proc: l.Proc()}
	for ns, err := range l.All() {
		if err != nil {
			s.Errors = append(s.Errors, err.Error())
			if errors.Is(err, ErrForeign) {
				s.ForeignErrors++
			}
			continue
		}
		s.Inodes = append(s.Inodes, ns.Inode)
	}
	own, err := l.Own()
	if err == nil {
		s.Own, err = own.Mounts(Query{})
	}
	if err == nil {
		s.Owner, err = own.UserNamespace()
		if s.OwnerForbidden = errors.Is(err, fs.ErrPermission); s.OwnerForbidden {
			err = nil
		}
	}
	if err == nil {
		s.User, err = OwnUserNamespace()
	}
	if err != nil {
		s.Errors = append(s.Errors, err.Error())
	}
	s.Roots, err = ThreadRoots(context.Background(), Threads(), func(uint64) bool { return true })
	if err != nil {
		s.RootsError = err.Error()
	}
	foreigners := l.Foreigners()
	for t, err := range Threads() {
		// The error is that of a closed link.
		if (err == nil || errors.Is(err, fs.ErrPermission)) && t.PID == t.TID && foreigners.Has("/proc/"+t.dir()) {
			s.Foreign = append(s.Foreign, t.PID)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
