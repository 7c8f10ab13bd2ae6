package mountns

import (
	"os"
	"strconv"
	"syscall"
	"testing"
)

func TestUserNamespace(t *testing.T) {
	requireRoot(t)
	own, err := OwnUserNamespace()
	if err != nil {
		t.Fatal(err)
	}
	if name, err := os.Readlink("/proc/self/ns/user"); err != nil || name != "user:["+strconv.FormatUint(own, 10)+"]" {
		t.Errorf("we are in %d, the link is %q, %v", own, name, err)
	}
	inner := hold(t, userNamespace())
	name, err := os.Readlink("/proc/" + strconv.Itoa(inner.Process.Pid) + "/ns/user")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Lister{NewLister(), NewProcLister()} {
		if owner, err := newNamespace(t, l).UserNamespace(); err != nil || owner != own {
			t.Errorf("ours: %d, %v, want %d", owner, err, own)
		}
		owner, err := open(t, l, inner).UserNamespace()
		if err != nil || name != "user:["+strconv.FormatUint(owner, 10)+"]" || owner == own {
			t.Errorf("of another user namespace: %d, %v, want %s", owner, err, name)
		}
	}

	if s := look(t, userNamespace()); s.Owner == 0 || s.Owner != s.User || s.OwnerForbidden {
		t.Errorf("from inside, both new: %+v", s)
	}
	attr := userNamespace()
	attr.Cloneflags = syscall.CLONE_NEWUSER
	if s := look(t, attr); !s.OwnerForbidden || s.User == own {
		t.Errorf("from inside, the mount namespace is from outside: %+v", s)
	}
}
