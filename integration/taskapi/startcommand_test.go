package taskapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	"golang.org/x/sys/unix"
)

// refused are starts that fail, whatever the daemon.
var refused = []situation{
	{"without a namespace", func(r *run) {
		r.noteStart(startOptions{}, func(c *command) { c.args = c.args[2:] })
	}, nil},
	{"without a specification", func(r *run) {
		if err := os.Remove(r.config(first)); err != nil {
			r.t.Fatal(err)
		}
		r.noteStart(startOptions{})
	}, nil},
	{"with a broken specification", func(r *run) {
		r.replace(r.config(first), `{"annotations": 7}`)
		r.noteStart(startOptions{})
	}, nil},
	{"in a cgroup that is not there", func(r *run) {
		r.noteStart(startOptions{runc: &options.Options{ShimCgroup: r.cgroup + "/nowhere"}})
	}, nil},
	{"with an unknown flag", func(r *run) {
		r.noteStart(startOptions{}, func(c *command) { c.args = append([]string{"-no-such-flag"}, c.args...) })
	}, nil},
}

// refusedParams are starts that fail for what only new daemons can ask for.
var refusedParams = []situation{
	{"where the socket's directory cannot be", func(r *run) {
		r.replace(r.path("file"), "")
		r.noteStart(startOptions{socketDir: r.path("file/s")})
	}, nil},
	{"where the socket's path is too long", func(r *run) {
		r.noteStart(startOptions{socketDir: r.path(strings.Repeat("long", 30))})
	}, nil},
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	nothing := func(*run) {}
	compareAll(t, stage, refused, nothing, stock, recent, old)
	compareAll(t, stage, refusedParams, nothing, stock, recent)
}

// TestStartRefusesWrongParameters starts shims with parameters that are not
// those of the command line, or not readable. Why they are wrong need not be said
// in the same words: ours could also be an older daemon's.
func TestStartRefusesWrongParameters(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, _ := unbusy(t)
	for name, change := range map[string]func(*command){
		"for another id":        func(c *command) { c.args[len(c.args)-2] = "second" },
		"for another namespace": func(c *command) { c.args[1] = "other" },
		"cut short":             func(c *command) { c.stdin = c.stdin[:len(c.stdin)-1] },
		"of no kind":            func(c *command) { c.stdin = []byte("{}") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situation{name, func(r *run) {
				c := r.startCommand(r.t, r.subject, first, startOptions{})
				change(&c)
				o := r.place.call(r.t, r.subject, c)
				r.note("ended with %d; standard output %q; said something on standard error: %v", o.status, o.stdout, o.stderr != "")
			}, nil}
			s.compare(t, stage.place(), func(*run) {}, stock, recent)
		})
	}
}

// noteStart notes what a start says that should fail, and what it leaves.
func (r *run) noteStart(o startOptions, changes ...func(*command)) {
	r.t.Helper()
	c := r.startCommand(r.t, r.subject, first, o)
	for _, change := range changes {
		change(&c)
	}
	r.noteOutcome(r.place.call(r.t, r.subject, c))
	r.noteSockets(defaultSockets)
}

// noteOutcome notes what a program left its caller. Programs call themselves by
// their paths in messages.
func (r *run) noteOutcome(o outcome) {
	r.note("ended with %d; standard output %q", o.status, o.stdout)
	for line := range strings.Lines(o.stderr) {
		r.note("standard error: %q", plain(logTime.ReplaceAllString(strings.ReplaceAll(line, r.exe, "the shim"), "")))
	}
}

// defaultSockets is where sockets of shims are if the daemon wants nothing else.
const defaultSockets = "/run/containerd/s"

// noteSockets notes which sockets there are of a shim of the first container,
// and whether somebody listens.
func (r *run) noteSockets(dir string) {
	for _, name := range []string{first, first + "/debug"} {
		hash := sha256.Sum256([]byte(filepath.Join(r.grpc(), r.namespace, name)))
		path := filepath.Join(dir, hex.EncodeToString(hash[:]))
		info, err := os.Lstat(path)
		if err != nil {
			r.note("no socket %s", path)
			continue
		}
		conn, err := net.Dial("unix", path)
		if err == nil {
			conn.Close()
		}
		r.note("socket %s %s, connecting gives %v", path, info.Mode(), err)
	}
}

// started are starts that succeed, whatever the daemon.
var started = []struct {
	situation
	options startOptions
}{
	{situation{"plainly", func(r *run) {
		r.noteSockets(defaultSockets)
	}, nil}, startOptions{}},
	{situation{"a second time", func(r *run) {
		r.note("the address is %s", r.startFor(first))
		r.note("it is the same process: %v", r.shimPid() == r.shim.pid)
	}, nil}, startOptions{}},
	{situation{"after a shim that was killed", func(r *run) {
		r.shim.signal(r.t, unix.SIGKILL)
		r.shim.await(r.t)
		r.noteSockets(defaultSockets)
		r.begin(startOptions{})
		r.launch()
	}, nil}, startOptions{}},
	{situation{"and end by a signal", func(r *run) {
		r.launch()
		r.events.answers(r.t, r.awaits)
		r.shim.signal(r.t, unix.SIGTERM)
		r.shim.await(r.t)
		r.noteSockets(defaultSockets)
	}, nil}, startOptions{}},
	{situation{"with a debug socket", func(r *run) {
		r.noteSockets(defaultSockets)
		r.shutdown(&task.ShutdownRequest{ID: first})
		r.noteSockets(defaultSockets)
		r.lines = append(r.lines, r.log.written()...)
		r.note("debug messages are logged: %v", r.log.debug)
	}, nil}, startOptions{debug: true}},
}

func TestStart(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	for _, s := range started {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.compare(t, stage.place(), func(r *run) { r.begin(s.options) }, stock, recent, old)
		})
	}
}

// startFor calls start for a container as well, and returns the address that it
// answers.
func (r *run) startFor(id string) string {
	r.t.Helper()
	return r.address(r.t, r.place.call(r.t, r.subject, r.startCommand(r.t, r.subject, id, startOptions{})))
}
