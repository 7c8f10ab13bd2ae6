package random

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
)

const (
	// usual is the first seed: what CI tries is always the same, so that a change is
	// judged by what it changes. Others are tried by hand, with both variables.
	usual = 1
	// seedVariable is the first seed, and that of the only topology if it is not said
	// how many.
	seedVariable = "UNBUSY_RANDOM_SEED"
	// topologiesVariable is how many topologies are tried.
	topologiesVariable = "UNBUSY_RANDOM_TOPOLOGIES"
)

// TestRandom tries random topologies.
func TestRandom(t *testing.T) {
	h := host.New(t)
	first, count := chosen(t)
	dockerd := filepath.Join(h.Dir("bin"), "dockerd")
	text, err := os.ReadFile("/bin/cat")
	if err == nil {
		err = os.WriteFile(dockerd, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	workers := min(runtime.NumCPU(), count)
	t.Logf("%d topologies from seed %d on", count, first)
	began := time.Now()
	all := &findings{results: make(map[string]int)}
	var done sync.WaitGroup
	for i := range workers {
		todo := assignment{
			First: first + uint64(i), Step: uint64(workers), Count: (count - i + workers - 1) / workers,
			Dir: h.Dir("world" + strconv.Itoa(i)), Dockerd: dockerd,
		}
		done.Go(func() { all.add(todo.delegate(t)) })
	}
	done.Wait()
	t.Logf("%d topologies in %.1f s", all.tried, time.Since(began).Seconds())
	for _, err := range all.errs {
		t.Error(err)
	}
	for _, a := range all.failed {
		t.Error(a)
	}
	for _, name := range slices.Sorted(maps.Keys(all.results)) {
		t.Logf("%8d %s", all.results[name], name)
	}
	if !t.Failed() && all.tried != count {
		t.Errorf("%d topologies were tried, want %d", all.tried, count)
	}
}

// chosen is what is to be tried: the first seed, and how many.
func chosen(t *testing.T) (first uint64, count int) {
	t.Helper()
	number := func(name string) (uint64, bool) {
		text := os.Getenv(name)
		if text == "" {
			return 0, false
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n, true
	}
	seed, only := number(seedVariable)
	n, counted := number(topologiesVariable)
	switch {
	case counted:
		count = int(n)
	case only:
		count = 1
	case os.Getenv("MATRIX") == "full":
		count = 5000
	default:
		count = 300
	}
	if only {
		return seed, count
	}
	return usual, count
}

// findings are what all workers found.
type findings struct {
	mu      sync.Mutex
	tried   int
	results map[string]int
	failed  []*answer
	errs    []error
}

func (f *findings) add(answers []*answer, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.errs = append(f.errs, err)
	}
	for _, a := range answers {
		f.tried++
		for name, n := range a.Verdict.Results {
			f.results[name] += n
		}
		if len(a.Verdict.Broken) > 0 {
			f.failed = append(f.failed, a)
		}
	}
}

// delegate has a worker do it.
func (todo *assignment) delegate(t *testing.T) ([]*answer, error) {
	// The worker ends with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	text, err := json.Marshal(todo)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), workerVariable+"="+string(text), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var answers []*answer
	decoder := json.NewDecoder(out)
	for {
		a := new(answer)
		if err = decoder.Decode(a); err != nil {
			break
		}
		answers = append(answers, a)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, cmd.Wait()); err != nil {
		err = fmt.Errorf("the worker of every %d. seed from %d on: %w", todo.Step, todo.First, err)
	}
	return answers, err
}
