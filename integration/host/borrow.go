package host

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// borrowed are directories that programs in the box write to and cannot be told
// not to, outside /run: CNI's library keeps its results there. In the box they
// are file systems of their own.
var borrowed = []string{"/var/lib/cni"}

// borrow makes sure that the borrowed directories exist, and returns what gives
// them back: those that nobody uses any more and nobody else put something
// into are removed. Boxes share them, so each holds a lock on them.
func borrow() (giveBack func() error, err error) {
	var held []*os.File
	for _, dir := range borrowed {
		f, err := holdDirectory(dir)
		if err != nil {
			return nil, err
		}
		held = append(held, f)
	}
	return func() error {
		var errs []error
		for _, f := range held {
			errs = append(errs, returnDirectory(f))
		}
		return errors.Join(errs...)
	}, nil
}

// holdDirectory opens and locks a directory, which it makes if need be.
func holdDirectory(dir string) (*os.File, error) {
	for {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		f, err := os.Open(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_SH); err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
		// Another box may have removed it before the lock was ours.
		opened, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		if now, err := os.Stat(dir); err == nil && os.SameFile(opened, now) {
			return f, nil
		}
		f.Close()
	}
}

// returnDirectory removes the directory if it is empty and no other box uses it.
func returnDirectory(f *os.File) error {
	defer f.Close()
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	// rmdir would take the mount of whoever mounted something there in another
	// namespace away with it, but those who do hold the lock.
	err = unix.Rmdir(f.Name())
	if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
