package random

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// workerVariable in the environment says that the test binary tries topologies,
// in a mount namespace of its own, and which: see assignment.
const workerVariable = "UNBUSY_RANDOM_WORKER"

// failures is how many a worker looks for.
const failures = 3

// assignment is what a worker has to do: every Step-th seed, beginning with First.
type assignment struct {
	First   uint64
	Step    uint64
	Count   int
	Dir     string // where its worlds are
	Dockerd string
}

// answer is what a worker says of one topology.
type answer struct {
	Seed    uint64
	Verdict *verdict
	// Story is the topology that failed, with nothing left in it that it fails
	// without. Dropped is how many steps are not.
	Story   string
	Dropped int
}

// work is a worker's life.
func work() error {
	var todo assignment
	if err := json.Unmarshal([]byte(os.Getenv(workerVariable)), &todo); err != nil {
		return err
	}
	// What a child of ours inherits must not make it one more worker.
	if err := os.Unsetenv(workerVariable); err != nil {
		return err
	}
	engine, err := start(todo.Dockerd, new(syscall.SysProcAttr))
	if err != nil {
		return err
	}
	defer engine.end()
	out := json.NewEncoder(os.Stdout)
	failed := 0
	for i := range todo.Count {
		a, err := todo.try(todo.First + uint64(i)*todo.Step)
		if err != nil {
			return err
		}
		if err := out.Encode(a); err != nil {
			return err
		}
		if len(a.Verdict.Broken) > 0 {
			failed++
		}
		if failed == failures {
			break
		}
	}
	return nil
}

// try tries the topology of a seed and shrinks it if it fails.
func (todo *assignment) try(seed uint64) (*answer, error) {
	t := generate(seed)
	v, err := try(todo.Dir, todo.Dockerd, t)
	if err != nil {
		return nil, fmt.Errorf("UNBUSY_RANDOM_SEED=%d: %w\n%s", seed, err, t)
	}
	a := &answer{Seed: seed, Verdict: v}
	if len(v.Broken) == 0 {
		return a, nil
	}
	small := shrink(t, func(smaller Topology) bool {
		v, err := try(todo.Dir, todo.Dockerd, smaller)
		if err != nil || len(v.Broken) == 0 {
			return false
		}
		a.Verdict = v
		return true
	})
	a.Story, a.Dropped = small.String(), len(t.Steps)-len(small.Steps)
	return a, nil
}

func (a *answer) String() string {
	return fmt.Sprintf("%s\nseed %d, %d steps left out:\n%sThe sweep said:\n  %s\nTry it again: UNBUSY_RANDOM_SEED=%d go test -count=1 -run '^TestRandom$' ./integration/random",
		strings.Join(a.Verdict.Broken, "\n"), a.Seed, a.Dropped, a.Story, strings.Join(a.Verdict.Said, "\n  "), a.Seed)
}
