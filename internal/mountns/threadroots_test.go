package mountns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// rootsOf is what ThreadRoots finds for some namespaces, and nothing else.
func rootsOf(t testing.TB, namespaces ...uint64) map[uint64][]uint64 {
	t.Helper()
	roots, err := ThreadRoots(t.Context(), Threads(), func(inode uint64) bool { return slices.Contains(namespaces, inode) })
	if err != nil {
		t.Fatal(err)
	}
	return roots
}

// rootIn has a thread enter a namespace and do something there until the test
// ends.
func rootIn(t *testing.T, ns *Namespace, there func() error) {
	t.Helper()
	onOwnThread(t, func() (uint64, error) {
		if err := linux.EnterMountNamespace(ns.fd); err != nil {
			return 0, err
		}
		return 0, there()
	})
}

// rootMount is the mount that somebody has for the root directory who enters.
func rootMount(t testing.TB, ns *Namespace) uint64 {
	t.Helper()
	var id uint64
	in(t, ns, func() (err error) {
		id, err = linux.MountIDAt("/")
		return err
	})
	return id
}

func TestThreadRoots(t *testing.T) {
	requireRoot(t)
	ns, other := newNamespace(t, NewLister()), newNamespace(t, NewLister())
	top := dirs(t, "chroot", "detached", "empty")
	path := func(name string) string { return filepath.Join(top, name) }
	in(t, ns, func() error {
		return errors.Join(mountTmpfs("chroot", path("chroot")), mountTmpfs("detached", path("detached")), mountTmpfs("empty", path("empty")),
			os.Mkdir(filepath.Join(path("chroot"), "below"), 0o700))
	})
	mounts := map[string]uint64{}
	for _, name := range []string{"chroot", "detached", "empty"} {
		mounts[name] = only(t, ns, path(name)).OldID
	}
	// A process, threads that do not lead theirs, one of them with a root that is
	// not that of a mount, and one whose root is in no table any more.
	jailed := only(t, ns, jail(t, ns)).OldID
	rootIn(t, ns, func() error { return unix.Chroot(filepath.Join(path("chroot"), "below")) })
	rootIn(t, ns, func() error { return unix.Chroot(path("chroot")) })
	rootIn(t, ns, func() error { return unix.Chroot(path("detached")) })
	in(t, ns, func() error { return unix.Unmount(path("detached"), unix.MNT_DETACH) })
	requireMounts(t, ns, path("detached"), 0)

	want := []uint64{rootMount(t, ns), jailed, mounts["chroot"], mounts["detached"]}
	slices.Sort(want)
	roots := rootsOf(t, ns.Inode)
	if !slices.Equal(roots[ns.Inode], want) {
		t.Errorf("%v, want %v; not %d", roots[ns.Inode], want, mounts["empty"])
	}
	if len(roots) != 1 {
		t.Errorf("roots in others than wanted: %v", roots)
	}
	roots = rootsOf(t, ns.Inode, other.Inode)
	if !slices.Equal(roots[other.Inode], []uint64{rootMount(t, other)}) || !slices.Equal(roots[ns.Inode], want) {
		t.Errorf("%v, want %d in the other one as well", roots, rootMount(t, other))
	}
	if roots := rootsOf(t); len(roots) != 0 {
		t.Errorf("none wanted: %v", roots)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	wrong := errors.New("wrong")
	cancel(wrong)
	if roots, err := ThreadRoots(ctx, Threads(), func(uint64) bool { return true }); !errors.Is(err, wrong) {
		t.Errorf("cancelled: %v, %v", roots, err)
	}
}

// TestThreadRootsPivoted has a namespace whose root was put in place of another
// one, which is gone from its table.
func TestThreadRootsPivoted(t *testing.T) {
	requireRoot(t)
	top := dirs(t)
	var id uint64
	inode := onOwnThread(t, func() (uint64, error) {
		if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
			return 0, os.NewSyscallError("unshare", err)
		}
		inode, err := linkedNamespace("/proc/thread-self/ns/mnt")
		if err != nil {
			return 0, err
		}
		// The mount that everything is below cannot be pivoted away from.
		if err := errors.Join(propagate("/", unix.MS_REC|unix.MS_PRIVATE), mountTmpfs("new", top)); err != nil {
			return 0, err
		}
		if id, err = linux.MountIDAt(top); err != nil {
			return 0, err
		}
		if err := os.NewSyscallError("chdir", unix.Chdir(top)); err != nil {
			return 0, err
		}
		return inode, errors.Join(unix.PivotRoot(".", "."), unix.Unmount(".", unix.MNT_DETACH))
	})
	if roots := rootsOf(t, inode); !slices.Equal(roots[inode], []uint64{id}) {
		t.Errorf("%v, want %d", roots, id)
	}
}

func TestThreadRootsInUserNamespace(t *testing.T) {
	requireRoot(t)
	ns := open(t, NewLister(), hold(t, userNamespace()))
	if roots := rootsOf(t, ns.Inode); !slices.Equal(roots[ns.Inode], []uint64{rootMount(t, ns)}) {
		t.Errorf("%v, want %d", roots, rootMount(t, ns))
	}
}

// TestThreadRootsOnFUSE has a root that is on a FUSE of somebody else, who would
// have to be asked for every attribute, does not answer, and is no friend of
// root's.
func TestThreadRootsOnFUSE(t *testing.T) {
	requireRoot(t)
	ns := newNamespace(t, NewLister())
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	in(t, ns, func() error {
		return unix.Mount("silent", "/", "fuse.kind", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=65534,group_id=65534", fd))
	})
	tid := 0
	rootIn(t, ns, func() error { tid = unix.Gettid(); return nil })
	var id uint64
	for _, m := range at(t, ns, "/") {
		if m.FSType == "fuse.kind" {
			id = m.OldID
		}
	}
	if roots := rootsOf(t, ns.Inode); id == 0 || !slices.Contains(roots[ns.Inode], id) {
		t.Errorf("%v, want %d", roots, id)
	}
	if got, err := linux.MountIDAt(fmt.Sprintf("/proc/self/task/%d/root", tid)); err != nil || got != id {
		t.Errorf("through the link: %d, %v, want %d", got, err, id)
	}
}

// TestThreadRootsOfMoving has a thread that goes to another namespace between the
// looks at where it is and at its root: wanted is asked there.
func TestThreadRootsOfMoving(t *testing.T) {
	requireRoot(t)
	there := newNamespace(t, NewLister())
	for _, both := range []bool{true, false} {
		move, moved := make(chan struct{}), make(chan error)
		var here uint64
		left := make(chan struct{})
		ready := make(chan error)
		go func() {
			defer close(left)
			_ = onThread(func() error {
				err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS)
				if err == nil {
					here, err = linkedNamespace("/proc/thread-self/ns/mnt")
				}
				ready <- err
				if _, ok := <-move; ok {
					moved <- linux.EnterMountNamespace(there.fd)
					<-move
				}
				return nil
			})
		}()
		if err := <-ready; err != nil {
			close(move)
			t.Fatal(err)
		}
		asked := false
		roots, err := ThreadRoots(t.Context(), Threads(), func(inode uint64) bool {
			if inode == here && !asked {
				asked = true
				move <- struct{}{}
				if err := <-moved; err != nil {
					t.Error(err)
				}
			}
			return inode == here || inode == there.Inode && both
		})
		close(move)
		<-left
		if err != nil || !asked {
			t.Fatalf("asked %v, %v", asked, err)
		}
		want := map[uint64][]uint64{}
		if both {
			want[there.Inode] = []uint64{rootMount(t, there)}
		}
		if !maps.EqualFunc(roots, want, slices.Equal) {
			t.Errorf("both wanted %v: %v, want %v", both, roots, want)
		}
	}
}

// TestThreadRootsOfEnding looks while processes come and go.
func TestThreadRootsOfEnding(t *testing.T) {
	requireRoot(t)
	ns := newNamespace(t, NewLister())
	want := []uint64{rootMount(t, ns)}
	const processes = 300
	var started sync.WaitGroup
	started.Go(func() {
		err := ns.Enter(func() error {
			for range processes {
				if err := exec.Command("/bin/true").Run(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	ended := make(chan struct{})
	go func() { started.Wait(); close(ended) }()
	for looks := 0; ; looks++ {
		if roots := rootsOf(t, ns.Inode); !slices.Equal(roots[ns.Inode], want) {
			t.Errorf("%v, want %v", roots, want)
		}
		select {
		case <-ended:
			if looks < 10 {
				t.Errorf("only %d looks", looks)
			}
			return
		default:
		}
	}
}

// BenchmarkThreadRoots looks at all threads of the machine and 200 more, of one
// namespace.
func BenchmarkThreadRoots(b *testing.B) {
	requireRoot(b)
	ns := newNamespace(b, NewLister())
	in(b, ns, func() error {
		for range 200 {
			hold(b, nil)
		}
		return nil
	})
	for name, inode := range map[string]uint64{"wanted": ns.Inode, "others": 1} {
		b.Run(name, func(b *testing.B) {
			threads := 0
			for _, err := range Threads() {
				if err == nil {
					threads++
				}
			}
			for b.Loop() {
				rootsOf(b, inode)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(threads), "ns/thread")
			b.ReportMetric(float64(threads), "threads")
		})
	}
}
