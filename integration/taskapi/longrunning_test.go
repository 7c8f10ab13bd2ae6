package taskapi

import (
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/api/types/runc/options"

	"github.com/unbusy/unbusy/integration/host"
)

// TestLongRunningProcess compares all that can be seen of the process that start
// leaves: while it is idle, while it has a container, and after that.
func TestLongRunningProcess(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	// With each of these, a daemon starts it differently.
	for name, o := range map[string]startOptions{
		"plain": {},
		"debug": {debug: true},
		"other": {runc: &options.Options{NoNewKeyring: true}, env: []string{"OTHER=1", "GOMAXPROCS=7"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situation{name, func(r *run) {
				r.lines = append(r.lines, r.described(r.shim.pid)...)
				r.noteDescriptors("idle")
				r.launch()
				r.noteDescriptors("with a container")
				r.exec("second", "true")
				r.start("second")
				r.wait("second")
				r.delete("second")
				r.stop()
				r.delete("")
				r.noteDescriptors("after it")
				r.lines = append(r.lines, r.described(r.shim.pid)...)
			}, nil}
			s.compare(t, stage.place(), func(r *run) { r.begin(o) }, stock, recent, old)
		})
	}
}

// noteDescriptors notes what the shim has open once that does not change any
// more: it closes what it does not need when it gets round to it.
func (r *run) noteDescriptors(when string) {
	r.t.Helper()
	var lines []string
	since := time.Now()
	host.Await(r.t, "the shim to come to rest", func() bool {
		if now := descriptors(r.t, r.shim.pid); !slices.Equal(now, lines) {
			lines, since = now, time.Now()
		}
		return time.Since(since) > rest
	})
	for _, line := range lines {
		r.note("%s: %s", when, line)
	}
}

// rest is how long a shim that has nothing to do has changed nothing.
const rest = 100 * time.Millisecond
