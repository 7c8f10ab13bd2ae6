package sweep

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAbandonedSweep has the process that looks for copies never answer, as one
// that waits for a file system, with the budget that is the default. The deletes
// of a stop, of which engines call two, answer as the runtime alone does, while it is
// there still, and nothing but what it is for is lost.
func TestAbandonedSweep(t *testing.T) {
	s := newStage(t, `namespaces = "proc"`)
	deletes := func(runtime string, v *victim) (answers [2]result, took time.Duration) {
		began := time.Now()
		answers = [2]result{v.delete(runtime), s.call(runtime, v.logged("delete", "--force", v.id)...)}
		return answers, time.Since(began)
	}
	plain, v := s.victim("plain"), s.victim("victim")
	plain.run(s.runc)
	plain.kill()
	want, alone := deletes(s.runc, plain)

	// It is stopped wherever it is by then, at the end as well.
	for range 10 {
		v.run(s.unbusy)
		agent := s.agent("private", "")
		originals := v.originals()
		v.kill()
		before, known := take(t, s.h), len(events(t))
		stopped, over := make(chan int, 1), make(chan struct{})
		go func() { stopped <- stopSweep(over) }()
		got, took := deletes(s.unbusy, v)
		close(over)
		pid := <-stopped
		if got != want {
			t.Errorf("the runtime answers %+v, behind unbusy %+v", want, got)
		}
		for _, l := range before.lost(take(t, s.h)) {
			if l.namespace != namespaceOf(t, agent.Pid()) || !isCopy(l.Mount, originals) {
				t.Errorf("it was none of the container's that is over, and is lost: %s", l)
			}
		}
		agent.End()
		if pid == 0 {
			continue
		}
		t.Logf("two deletes take %s, with unbusy and a sweep that never ends %s", alone, took)
		if text := events(t)[known:]; !strings.Contains(text, `"failed-closed"`) || !strings.Contains(text, v.id) {
			t.Errorf("the record: %s", text)
		}
		v.requireUnmounts()
		return
	}
	t.Fatal("the process that looks was never seen")
}

// stopSweep stops the process that looks for copies on behalf of a child of ours,
// and returns its pid, 0 if none is seen until it is over.
func stopSweep(over <-chan struct{}) int {
	for {
		lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, line := range lines {
			if text, _ := os.ReadFile(line); !bytes.HasPrefix(text, []byte("unbusy: sweep\x00")) {
				continue
			}
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(line)))
			if parentOf(parentOf(pid)) == os.Getpid() && unix.Kill(pid, unix.SIGSTOP) == nil {
				return pid
			}
		}
		select {
		case <-over:
			return 0
		default:
		}
	}
}

// parentOf is the parent of a process, 0 if that has ended.
func parentOf(pid int) int {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}
