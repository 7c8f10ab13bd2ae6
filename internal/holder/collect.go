package holder

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// minWorkers leaves some that go on where the kernel does not answer for a few
// processes.
const minWorkers = 8

// errNoAnswer says that a look did not come back.
var errNoAnswer = errors.New("looking at it did not come to an end")

// sight is what was seen of a process.
type sight struct {
	pid  int
	uses []Use
	err  error
}

// collection is the state of collect.
type collection struct {
	mu      sync.Mutex
	left    []int // that nobody looks at yet
	looking map[int]bool
	seen    []sight
}

// take gives out the next process, 0 if there is none.
func (c *collection) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.left) == 0 {
		return 0
	}
	pid := c.left[0]
	c.left = c.left[1:]
	c.looking[pid] = true
	return pid
}

// bring takes what was seen.
func (c *collection) bring(s sight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.looking, s.pid)
	c.seen = append(c.seen, s)
}

// collect looks at processes until there are no more or ctx ends. A look that the
// kernel does not come back from is left behind then. done is called when the last
// look has come back.
func collect(ctx context.Context, pids []int, look func(context.Context, int) ([]Use, error), done func()) ([]Use, error) {
	c := &collection{left: pids, looking: make(map[int]bool)}
	var wait sync.WaitGroup
	for range max(minWorkers, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for ctx.Err() == nil {
				pid := c.take()
				if pid == 0 {
					return
				}
				uses, err := look(ctx, pid)
				c.bring(sight{pid, uses, err})
			}
		})
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		wait.Wait()
		done()
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
	return c.result(ctx)
}

// result is what there is so far. What is brought later is not seen any more.
func (c *collection) result(ctx context.Context) ([]Use, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var (
		found  []Use
		missed missed
	)
	for pid := range c.looking {
		missed.add(pid, errNoAnswer)
	}
	for _, s := range c.seen {
		found = append(found, s.uses...)
		if s.err != nil {
			missed.add(s.pid, s.err)
		}
	}
	if len(c.left) > 0 || len(c.looking) > 0 {
		missed.add(0, fmt.Errorf("%d processes are left: %w", len(c.left)+len(c.looking), context.Cause(ctx)))
	}
	return slices.Clip(found), missed.err()
}
