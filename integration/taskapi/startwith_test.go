package taskapi

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/observe"
)

// TestStartInCgroup starts shims that are to be in a cgroup of their own.
func TestStartInCgroup(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	place := stage.place()
	cgroup := filepath.Join(place.cgroup, "shim")
	makeCgroup(t, cgroup)
	s := situation{"in a cgroup", func(r *run) {
		r.note("cgroups %s", read(t, ofProcess(r.shim.pid, "cgroup")))
		r.launch()
		r.note("cgroups %s", read(t, ofProcess(r.shim.pid, "cgroup")))
	}, nil}
	o := startOptions{runc: &options.Options{ShimCgroup: cgroup}}
	s.compare(t, place, func(r *run) { r.begin(o) }, stock, recent, old)
}

// makeCgroup makes a cgroup in every hierarchy, one that takes processes.
func makeCgroup(t *testing.T, cgroup string) {
	t.Helper()
	mounts, err := observe.Mounts(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		if m.FSType != "cgroup" && m.FSType != "cgroup2" {
			continue
		}
		if err := os.MkdirAll(filepath.Join(m.Point, cgroup), 0o755); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(m.Point) == "cpuset" {
			inheritCpuset(t, m.Point, cgroup)
		}
	}
}

// inheritCpuset gives a version 1 cpuset and those above it what the topmost has.
// Without processors and memory, they take no process.
func inheritCpuset(t *testing.T, top, cgroup string) {
	t.Helper()
	if cgroup != "/" {
		inheritCpuset(t, top, filepath.Dir(cgroup))
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(top, filepath.Dir(cgroup), name))
			if err == nil {
				err = os.WriteFile(filepath.Join(top, cgroup, name), value, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestStartUnderDaemonThatMayDie starts shims for a daemon that the kernel kills
// sooner than others when memory runs out: shims have to be killed before it.
func TestStartUnderDaemonThatMayDie(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	script := `echo 300 >/proc/self/oom_score_adj; "$0" "$@"; exit $?`
	s := situation{"oom_score_adj", func(r *run) {
		r.note("oom_score_adj %s", read(t, ofProcess(r.shim.pid, "oom_score_adj")))
	}, nil}
	s.compare(t, stage.place(), func(r *run) {
		r.begin(startOptions{by: []string{"/bin/sh", "-c", script}})
	}, stock, recent, old)
}

// TestStartWithCoreScheduling starts shims that are to share processor cores
// with none but their own. Where the machine cannot do that, none starts.
func TestStartWithCoreScheduling(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	s := situation{"core scheduling", func(r *run) {
		o := r.place.call(t, r.subject, r.startCommand(t, r.subject, first, startOptions{env: []string{"SCHED_CORE=1"}}))
		if o.status != 0 {
			r.noteOutcome(o)
			r.noteSockets(defaultSockets)
			return
		}
		r.adopt(o)
		cookie, err := coreSchedulingCookie(r.shim.pid)
		r.note("it has a cookie: %v, %v", cookie != 0, err)
	}, nil}
	s.compare(t, stage.place(), func(*run) {}, stock, recent, old)
}

// coreSchedulingCookie is what tells who may share a core with a process, 0 if
// it shares them with all that have none.
func coreSchedulingCookie(pid int) (cookie uint64, err error) {
	const ofProcess = 0 // PIDTYPE_PID
	err = unix.Prctl(unix.PR_SCHED_CORE, unix.PR_SCHED_CORE_GET, uintptr(pid), ofProcess, uintptr(unsafe.Pointer(&cookie)))
	return cookie, err
}

// TestStartWithSocketDirectory starts shims whose sockets are to be in a certain
// directory, which only new daemons can say.
func TestStartWithSocketDirectory(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, _ := unbusy(t)
	place := stage.place()
	dir := filepath.Join("/run", place.namespace) // is short
	s := situation{"a directory for sockets", func(r *run) {
		target, err := os.Readlink(filepath.Join(r.bundle(first), "s"))
		r.note("the link in the bundle leads to %q, %v", target, err)
		r.noteSockets(dir)
		r.noteSockets(defaultSockets)
		r.launch()
		r.stop()
		r.delete("")
		r.shutdown(&task.ShutdownRequest{ID: first})
		r.noteSockets(dir)
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		r.note("the directory's mode is %s", info.Mode())
	}, nil}
	s.compare(t, place, func(r *run) {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		r.begin(startOptions{socketDir: dir, debug: true})
	}, stock, recent)
}
