package sweep

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// bothWays runs a test with the kernel's walk and with the search of /proc.
func bothWays(t *testing.T, f func(t *testing.T, proc bool)) {
	t.Helper()
	for _, proc := range []bool{false, true} {
		name := "walk"
		if proc {
			name = "proc"
		}
		t.Run(name, func(t *testing.T) { f(t, proc) })
	}
}

func listerOf(proc bool) *mountns.Lister {
	if proc {
		return mountns.NewProcLister()
	}
	return mountns.NewLister()
}

// namespaceOf opens the mount namespace of a process.
func namespaceOf(t *testing.T, pid int) *mountns.Namespace {
	t.Helper()
	file, err := os.Open("/proc/" + strconv.Itoa(pid) + "/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ns, err := mountns.NewLister().FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)
	return ns
}

// in runs f in the namespace of a process and ends the test if it fails.
func in(t *testing.T, cmd *exec.Cmd, f func() error) {
	t.Helper()
	if err := namespaceOf(t, cmd.Process.Pid).Enter(f); err != nil {
		t.Fatal(err)
	}
}

// world is what is mounted in some namespaces: each mount by its unique id.
type world struct {
	t          *testing.T
	namespaces []*mountns.Namespace
	mounts     map[uint64]sight
}

// sight is a mount in one of the namespaces, and where.
type sight struct {
	namespace uint64
	mount     mountns.Mount
}

func (s sight) String() string {
	return fmt.Sprintf("%s (%s of %s) in mnt:[%d]", s.mount.Path, s.mount.Root, s.mount.Device, s.namespace)
}

// watch notes what is mounted in our own namespace and others.
func watch(t *testing.T, others ...*mountns.Namespace) *world {
	t.Helper()
	w := &world{t: t, namespaces: append([]*mountns.Namespace{namespaceOf(t, os.Getpid())}, others...)}
	w.mounts = w.now()
	return w
}

func (w *world) now() map[uint64]sight {
	w.t.Helper()
	all := make(map[uint64]sight)
	for _, ns := range w.namespaces {
		mounts, err := ns.Mounts(mountns.Query{})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, m := range mounts {
			all[m.UniqueID] = sight{ns.Inode, m}
		}
	}
	return all
}

// lost returns what is not there any more, or is mounted on something else.
func (w *world) lost() []sight {
	w.t.Helper()
	var lost []sight
	now := w.now()
	for id, s := range w.mounts {
		if at, ok := now[id]; !ok || at.mount.UniqueParent != s.mount.UniqueParent {
			lost = append(lost, s)
		}
	}
	slices.SortFunc(lost, func(a, b sight) int { return strings.Compare(a.String(), b.String()) })
	return lost
}

// wantForeign checks that only mounts of the given superblocks went, and only in
// foreign namespaces.
func (w *world) wantForeign(owned []cleanup.Owned) []sight {
	w.t.Helper()
	lost := w.lost()
	for _, s := range lost {
		if !isCopyOf(owned, s) || s.namespace == w.namespaces[0].Inode {
			w.t.Errorf("lost: %s", s)
		}
	}
	return lost
}

// wantLost checks besides that as many went as were expected to.
func (w *world) wantLost(owned []cleanup.Owned, want int) {
	w.t.Helper()
	if lost := w.wantForeign(owned); len(lost) != want {
		w.t.Errorf("%d mounts went, want %d: %v", len(lost), want, lost)
	}
}

func isCopyOf(owned []cleanup.Owned, s sight) bool {
	return slices.ContainsFunc(owned, func(o cleanup.Owned) bool { return o.Device == s.mount.Device })
}

// plan looks once, as the first half of a sweep.
func (d *docker) plan(owned []cleanup.Owned, proc bool) (*detacher, []cleanup.Copy) {
	d.t.Helper()
	lister := listerOf(proc)
	v, err := look(d.t.Context(), lister, Request{Owned: owned, Detach: true}, asTheyAre())
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(v.close)
	return newDetacher(lister, v, owned), cleanup.Plan(owned, v.scene, cleanup.Options{MayHang: mountns.MayHang})
}

// apply carries out a plan, as the second half.
func (d *docker) apply(by *detacher, plan []cleanup.Copy) []cleanup.Outcome {
	return cleanup.Apply(d.t.Context(), plan, by, by.ours)
}

// attempt carries out a request in this process.
func (d *docker) attempt(r Request) Report {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	return do(ctx, r, asSeen())
}

// results says of each copy that is not an original what became of it, in the
// order of the paths.
func results(outcomes []cleanup.Outcome) []string {
	var lines []string
	for _, o := range outcomes {
		if o.Copy.Kind != cleanup.Original {
			lines = append(lines, o.Copy.Mount.Path+" "+string(o.Copy.Kind)+" "+string(o.Result)+" "+o.Reason)
		}
	}
	slices.Sort(lines)
	return lines
}

// outcomes are those of a report.
func outcomes(r Report) []cleanup.Outcome {
	var all []cleanup.Outcome
	for _, h := range r.Holders {
		all = append(all, h.Outcome)
	}
	return all
}

// clone mounts one more copy of a mount of ours in the namespace of a process.
func clone(t *testing.T, cmd *exec.Cmd, from, to string) {
	t.Helper()
	in(t, cmd, attachment(t, from, to))
}

// attachment makes a copy of a mount of ours, and returns what mounts it in the
// namespace that it is called in.
func attachment(t *testing.T, from, to string) func() error {
	t.Helper()
	fd, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		defer unix.Close(fd)
		return os.NewSyscallError("move_mount", unix.MoveMount(fd, "", unix.AT_FDCWD, to, unix.MOVE_MOUNT_F_EMPTY_PATH))
	}
}
