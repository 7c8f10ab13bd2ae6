package shim

import (
	"runtime/debug"
	"sync"
	"time"
)

const (
	// busyPercent lets the heap grow to 8 MiB before garbage is collected: the short
	// life of a container takes less.
	busyPercent = 200
	// quiet is how long nothing has to happen before the memory is given back.
	quiet = time.Second
)

// collector puts the collection of garbage off while containers are created and ended.
// containerd has its shims collect whenever the heap has grown by 40 % (setRuntime in
// pkg/shim), which suits one that has nothing to do. In a container's short life that is
// five times, on all processors and while somebody waits: a twentieth of that life.
type collector struct {
	quiet time.Duration

	mu    sync.Mutex
	calls int // that are going on
	// off says that it is put off, and usual is the percentage otherwise.
	off   bool
	usual int
	timer *time.Timer
}

func newCollector(quiet time.Duration) *collector { return &collector{quiet: quiet} }

// putOff puts collection off until a moment after done has been called.
func (c *collector) putOff() (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if !c.off {
		c.off, c.usual = true, debug.SetGCPercent(busyPercent)
	}
	return c.done
}

func (c *collector) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls--
	if c.timer == nil {
		c.timer = time.AfterFunc(c.quiet, c.settle)
	} else {
		c.timer.Reset(c.quiet)
	}
}

// settle gives the memory back that is not needed. That takes milliseconds, for which
// no call waits.
func (c *collector) settle() {
	if c.resume() {
		debug.FreeOSMemory()
	}
}

// resume ends putting off, and reports whether that was to be done.
func (c *collector) resume() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls > 0 || !c.off {
		return false // the end of what is going on sets the timer again
	}
	c.off = false
	debug.SetGCPercent(c.usual)
	return true
}
