package mountns

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// TestRootsByTable pretends that the links of threads may not be followed.
func TestRootsByTable(t *testing.T) {
	walk := requireWalk(t)
	reason := errors.New("may not be read")
	ns := newNamespace(t, walk)
	dir := dirs(t, "plain")
	byTable := func(l *Lister, thread Thread, wanted uint64) ([]uint64, error) {
		f := &rootFinder{lister: l, wanted: func(inode uint64) bool { return inode == wanted }, roots: map[uint64][]uint64{}}
		err := f.readTable(thread, reason)
		first := maps.Clone(f.roots)
		if again := f.readTable(thread, reason); (err == nil) != (again == nil) || len(f.known) > 1 {
			t.Errorf("%v, the second time %v, with %d namespaces", err, again, len(f.known))
		}
		return first[wanted], err
	}
	leader := func(process *exec.Cmd) Thread { return Thread{PID: process.Process.Pid, TID: process.Process.Pid} }
	threads := map[string]Thread{}
	root := map[string]uint64{}
	in(t, ns, func() (err error) {
		threads["a namespace's root"] = leader(hold(t, nil))
		if root["a namespace's root"], err = linux.MountIDAt("/"); err != nil {
			return err
		}
		if err := mountTmpfs("jail", dir); err != nil {
			return err
		}
		plain := filepath.Join(dir, "plain")
		if err := errors.Join(os.Mkdir(plain, 0o700), bind("/", plain, unix.MS_REC)); err != nil {
			return err
		}
		if root["a mount"], err = linux.MountIDAt(plain); err != nil {
			return err
		}
		threads["a mount"] = leader(hold(t, &syscall.SysProcAttr{Chroot: plain}))
		below := filepath.Join(dir, "below")
		if root["a directory"], err = linux.MountIDAt(dir); err != nil {
			return err
		}
		return os.Mkdir(below, 0o700)
	})
	rootIn(t, ns, func() error {
		threads["a directory"] = Thread{PID: os.Getpid(), TID: unix.Gettid()}
		return unix.Chroot(filepath.Join(dir, "below"))
	})
	// What is mounted over a root directory is not the root.
	in(t, ns, func() error {
		return errors.Join(mountTmpfs("over", filepath.Join(dir, "plain")), mountTmpfs("over", filepath.Join(dir, "below")))
	})
	for _, l := range []*Lister{walk, NewProcLister()} {
		for name, thread := range threads {
			if ids, err := byTable(l, thread, ns.Inode); err != nil || !slices.Contains(ids, root[name]) {
				t.Errorf("%s: %v, %v, want %d", name, ids, err, root[name])
			}
			if ids, err := byTable(l, thread, 1); err != nil || len(ids) != 0 {
				t.Errorf("%s, not wanted: %v, %v", name, ids, err)
			}
		}
	}

	ending := hold(t, privateNamespace())
	if err := ending.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, ending.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if ids, err := byTable(walk, leader(ending), ns.Inode); err != nil || ids != nil {
		t.Errorf("ended: %v, %v", ids, err)
	}
	end(ending)
	if ids, err := byTable(walk, leader(ending), ns.Inode); err != nil || ids != nil {
		t.Errorf("gone: %v, %v", ids, err)
	}
}

// TestRootsNotInTable has threads of whom no table says where their root is.
func TestRootsNotInTable(t *testing.T) {
	walk := requireWalk(t)
	reason := errors.New("may not be read")
	for name, below := range map[string]bool{"nothing": false, "a mount elsewhere": true} {
		t.Run(name, func(t *testing.T) {
			ns := newNamespace(t, walk)
			top := dirs(t, "below")
			in(t, ns, func() error {
				if !below {
					return nil
				}
				return mountTmpfs("below", filepath.Join(top, "below"))
			})
			tid := 0
			rootIn(t, ns, func() error {
				tid = unix.Gettid()
				return unix.Chroot(top)
			})
			f := &rootFinder{
				lister: walk, wanted: func(inode uint64) bool { return inode == ns.Inode }, roots: map[uint64][]uint64{},
				known: []knownMount{{namespace: ns.Inode}},
			}
			if err := f.readTable(Thread{PID: os.Getpid(), TID: tid}, reason); !errors.Is(err, reason) {
				t.Errorf("%v, %v, want an error", f.roots, err)
			}
		})
	}
}

// TestUnreadableRoots is root without the capabilities to follow the links of
// who has them all.
func TestUnreadableRoots(t *testing.T) {
	requireWalk(t)
	ns := newNamespace(t, NewLister())
	jailed := only(t, ns, jail(t, ns)).OldID
	var s sight
	err := onThread(func() error {
		for _, lost := range []uintptr{unix.CAP_SYS_PTRACE, unix.CAP_CHOWN} {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, lost, 0, 0, 0); err != nil {
				return os.NewSyscallError("prctl", err)
			}
		}
		// Of what else runs here there may be threads for a moment of whom nothing
		// can be told.
		for range maxReads {
			if s = look(t, nil); s.RootsError == "" {
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.RootsError != "" {
		t.Fatal(s.RootsError)
	}
	for _, id := range []uint64{rootMount(t, ns), jailed} {
		if !slices.Contains(s.Roots[ns.Inode], id) {
			t.Errorf("%v, want %d", s.Roots[ns.Inode], id)
		}
	}
}
