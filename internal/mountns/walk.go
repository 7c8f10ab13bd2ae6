package mountns

import (
	"errors"
	"fmt"
	"iter"

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
	if !yield(own, nil) {
		return
	}
	for at, err := range others(own.fd) {
		if err == nil {
			at.ID, err = at.identified()
		}
		if err != nil {
			at, err = nil, fmt.Errorf("%w: %w", ErrIncomplete, err)
		}
		if !yield(at, err) {
			return
		}
	}
}

// others are all namespaces but that of a descriptor, by number only: first those
// behind it in the kernel's list, then those before it. One is open until the loop
// body ends. An error ends the sequence.
func others(own int) iter.Seq2[*Namespace, error] {
	return func(yield func(*Namespace, error) bool) {
		for _, step := range []func(int) (int, linux.MountNamespace, error){
			linux.NextMountNamespace, linux.PreviousMountNamespace,
		} {
			if !follow(own, step, yield) {
				return
			}
		}
	}
}

// follow yields what is on one side of a namespace and reports whether the loop
// goes on.
func follow(own int, step func(int) (int, linux.MountNamespace, error), yield func(*Namespace, error) bool) bool {
	// Each namespace stays open until the next one is: its place in the list is
	// what the kernel goes on from.
	at := own
	defer func() {
		if at != own {
			unix.Close(at)
		}
	}()
	for {
		fd, info, err := step(at)
		if errors.Is(err, unix.ENOENT) {
			return true
		}
		if err != nil {
			yield(nil, err)
			return false
		}
		if at != own {
			unix.Close(at)
		}
		at = fd
		if !yield(&Namespace{ID: ID{Unique: info.ID}, fd: fd, byNumber: true}, nil) {
			return false
		}
	}
}

// identified is the whole identity of a namespace that is known by number.
func (ns *Namespace) identified() (ID, error) {
	id, err := inode(ns.fd)
	id.Unique = ns.Unique
	return id, err
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
