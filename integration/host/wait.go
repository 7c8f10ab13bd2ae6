package host

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every single wait for something that takes milliseconds on an
// idle machine.
const patience = time.Minute

// tick is how often conditions are looked at of which the kernel sends no word.
const tick = 5 * time.Millisecond

// until waits for a condition that can only be looked at. The error says what
// was waited for.
func until(limit time.Duration, what string, met func() (bool, error)) error {
	deadline := time.After(limit)
	again := time.NewTicker(tick)
	defer again.Stop()
	for {
		ok, err := met()
		if ok {
			return nil
		}
		select {
		case <-deadline:
			return errors.Join(fmt.Errorf("waited %s for %s", limit, what), err)
		case <-again.C:
		}
	}
}

// Await waits for a condition of a test that can only be looked at.
func Await(t T, what string, met func() bool) {
	t.Helper()
	if err := until(patience, what, func() (bool, error) { return met(), nil }); err != nil {
		t.Fatalf("%v", err)
	}
}

// waitReadable waits until a descriptor is readable, as that of a process is
// when it has ended. A negative limit waits for ever.
func waitReadable(fd int, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		left := -1
		if limit >= 0 {
			left = max(0, int(time.Until(deadline).Milliseconds()))
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, left)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("waited %s in vain", limit)
		default:
			return nil
		}
	}
}
