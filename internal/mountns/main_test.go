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
	s.Roots, err = ThreadRoots(context.Background(), func(uint64) bool { return true })
	if err != nil {
		s.RootsError = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
