package mountns

import (
	"errors"
	"fmt"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// walk is All by the kernel's own list of namespaces: from our own one to the
// last, then from our own one to the first.
func (l *Lister) walk(yield func(*Namespace, error) bool) {
	own, err := l.Own()
	if err != nil {
		yield(nil, fmt.Errorf("%w: %w", ErrIncomplete, err))
		return
	}
	defer own.Close()
	if !yield(own, nil) || !l.follow(own, linux.NextMountNamespace, yield) {
		return
	}
	l.follow(own, linux.PreviousMountNamespace, yield)
}

// follow yields what is on one side of a namespace and reports whether the loop
// goes on.
func (l *Lister) follow(from *Namespace, step func(int) (int, linux.MountNamespace, error), yield func(*Namespace, error) bool) bool {
	// Each namespace stays open until the next one is: its place in the list is
	// what the kernel goes on from.
	at := from
	defer func() {
		if at != from {
			at.Close()
		}
	}()
	for {
		fd, info, err := step(at.fd)
		if errors.Is(err, unix.ENOENT) {
			return true
		}
		if err != nil {
			return yield(nil, fmt.Errorf("%w: %w", ErrIncomplete, err))
		}
		if at != from {
			at.Close()
		}
		at = &Namespace{ID: ID{Unique: info.ID}, fd: fd, byNumber: true}
		id, err := inode(fd)
		if err != nil {
			return yield(nil, fmt.Errorf("%w: %w", ErrIncomplete, err))
		}
		at.Inode = id.Inode
		if !yield(at, nil) {
			return false
		}
	}
}

// first is the namespace with which the kernel's list begins. The caller closes
// it.
func (l *Lister) first() (*Namespace, error) {
	at, err := l.Own()
	if err != nil {
		return nil, err
	}
	for {
		fd, info, err := linux.PreviousMountNamespace(at.fd)
		if errors.Is(err, unix.ENOENT) {
			return at, nil
		}
		at.Close()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrIncomplete, err)
		}
		at = &Namespace{ID: ID{Unique: info.ID}, fd: fd, byNumber: true}
		id, err := inode(fd)
		if err != nil {
			at.Close()
			return nil, fmt.Errorf("%w: %w", ErrIncomplete, err)
		}
		at.Inode = id.Inode
	}
}
