package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"syscall"
)

// maxAttempts is how often the directory may be gone when it was just there:
// once for everybody who is waiting, and for ever if the tree is no more.
const maxAttempts = 1000

// lock keeps other installations and removals on the host waiting, for any
// engine, until the function that it returns is called. That leaves no trace of
// the lock either.
func (h *Host) lock(ctx context.Context) (unlock func(), err error) {
	for range maxAttempts {
		err := h.makeDirs(stateDir, dirMode)
		var dir *os.File
		if err == nil {
			dir, err = h.root.Open(relative(stateDir))
		}
		if errors.Is(err, os.ErrNotExist) {
			continue // whoever held the lock has removed it in the meantime
		}
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", stateDir, reason(err))
		}
		if err := flock(ctx, dir); err != nil {
			return nil, fmt.Errorf("lock %s: %w", stateDir, err)
		}
		if h.isStill(dir) {
			return func() {
				// Only what is empty goes.
				h.removeDirs([]string{path.Dir(stateDir), stateDir, wrapDir})
				dir.Close()
			}, nil
		}
		dir.Close()
	}
	return nil, fmt.Errorf("lock %s: it is being removed again and again", stateDir)
}

// flock waits for the lock on a file, which it closes if there is none to be had.
func flock(ctx context.Context, f *os.File) error {
	locked := make(chan error, 1)
	go func() {
		for {
			err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
			if !errors.Is(err, syscall.EINTR) {
				locked <- err
				return
			}
		}
	}()
	select {
	case err := <-locked:
		if err != nil {
			f.Close()
		}
		return err
	case <-ctx.Done():
		// The call cannot be taken back, but what it gets is given up.
		go func() {
			if err := <-locked; err == nil {
				f.Close()
			}
		}()
		return ctx.Err()
	}
}

// isStill tells whether the directory is the one that everybody else finds.
func (h *Host) isStill(dir *os.File) bool {
	held, err := dir.Stat()
	if err != nil {
		return false
	}
	found, err := h.root.Lstat(relative(stateDir))
	return err == nil && os.SameFile(held, found)
}
