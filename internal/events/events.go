// Package events keeps a short record of what did not go as it should: a
// rewrite that was given up so that a container could start, a sweep that was
// given up so that nothing is unmounted by mistake. `unbusy doctor` and people
// read it.
package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// Path is where the record is kept. It is gone after a reboot, as is what
	// it tells about.
	Path = "/run/unbusy/events"
	// maxSize bounds the record, in bytes. Of a full one the newer half stays.
	maxSize = 1 << 20
	// maxText bounds an error's text and a container's id, in bytes: the one may
	// quote what a container wrote, the other comes from a command line.
	maxText = 1 << 10
)

// Kind says which way a failure was taken.
type Kind string

const (
	// FailedOpen is a rewrite that was given up: the container runs as it would
	// without unbusy.
	FailedOpen Kind = "failed-open"
	// FailedClosed is a sweep that was given up, or that left what it could not
	// identify: an ended container's mounts may still be held somewhere. The same of
	// what is detached from a new container, and of the record that a sweep needs.
	FailedClosed Kind = "failed-closed"
)

// Event is one line of the record.
type Event struct {
	Time time.Time `json:"time"`
	Kind Kind      `json:"kind"`
	// Program is the part of unbusy that met the failure.
	Program string `json:"program"`
	// Container is the container's id.
	Container string `json:"container,omitempty"`
	// Bundle is the container's bundle directory.
	Bundle string `json:"bundle,omitempty"`
	Error  string `json:"error"`
}

// Append adds an event to the record at path, which it makes if need be.
func Append(path string, e Event) error {
	e.Error = cut(e.Error)
	e.Container = cut(e.Container)
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Whatever else is in the record's place is not even opened.
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, trim(f), f.Close())
}

// cut bounds a text and says so where something is missing.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}

// trim keeps the newer half of a record that has become too large.
func trim(f *os.File) error {
	if large, _, err := tooLarge(f); err != nil || !large {
		return err
	}
	// Of several writers one does it; closing the file gives the lock up.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil
		}
		return os.NewSyscallError("flock", err)
	}
	// Another one may have done it just before.
	large, size, err := tooLarge(f)
	if err != nil || !large {
		return err
	}
	newer := make([]byte, maxSize/2)
	if _, err := f.ReadAt(newer, size-int64(len(newer))); err != nil {
		return fmt.Errorf("read the newer half: %w", err)
	}
	_, whole, _ := bytes.Cut(newer, []byte("\n"))
	// The size of a file grows while a line is being written.
	whole = whole[:bytes.LastIndexByte(whole, '\n')+1]
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.Write(whole)
	return err
}

func tooLarge(f *os.File) (bool, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return false, 0, err
	}
	return info.Size() > maxSize, info.Size(), nil
}
