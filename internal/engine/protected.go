package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/mount"
)

// Protected says which mount namespaces are protected, as of one look.
type Protected struct {
	init   uint64
	places map[uint64]place
	// engines are those of whom threads may go elsewhere.
	engines []resident
	any     bool
}

// place is what is known of a protected namespace.
type place struct {
	resident     resident // who says most about it
	host, nested bool     // there is an engine of the host, another one
}

// FindProtected finds the protected mount namespaces: that of PID 1, and those
// of every thread of every engine and of its helpers. An engine is whatever is
// called like one, in containers, too; a helper is an engine's program that was
// executed once more (docker-untar unpacks in a private namespace) and what else
// is a direct child of one, except shims and containers.
//
// It takes some ten microseconds for each process. What cannot be read might be an engine's: then there is an error and nothing is
// known; engines that are none of our business are no engines here (see
// [mountns.Foreigners]). Only processes that /proc shows are seen, so that in a pid namespace of
// its own Any is false and not the whole truth.
//
// An engine's thread can go to a new namespace at any time. Who lists namespaces
// first and calls this then has none on the list, or protected; who has to list them
// later, see LookAgain. For threads that enter one of those that were there, see
// Recheck.
func FindProtected(ctx context.Context, lister *mountns.Lister) (Protected, error) {
	return FindProtectedBy(ctx, lister, nil)
}

// FindProtectedBy is FindProtected for who has to know only for the sake of some
// processes, those in a namespace for one, and of their parents; nil stands for all.
func FindProtectedBy(ctx context.Context, lister *mountns.Lister, among []int) (Protected, error) {
	p, err := findProtected(ctx, lister, among)
	if err != nil {
		return Protected{}, fmt.Errorf("find the engines' mount namespaces: %w", err)
	}
	return p, nil
}

func findProtected(ctx context.Context, lister *mountns.Lister, among []int) (Protected, error) {
	foreigners := lister.Foreigners()
	var first mountns.ID
	if !foreigners.Has("/proc/1") {
		var err error
		if first, err = firstNamespace(ctx, lister); err != nil {
			return Protected{}, fmt.Errorf("namespace of PID 1: %w", err)
		}
	}
	p := Protected{init: first.Inode, places: map[uint64]place{}}
	err := p.look(ctx, foreigners, among)
	return p, err
}

// LookAgain is what is known after one more look at some processes and their parents:
// who was found before, and who has become an engine or a helper since, or has gone to
// another namespace. To look after listing namespaces at those who are in them is
// enough for what FindProtected says of who lists first.
func (p Protected) LookAgain(ctx context.Context, lister *mountns.Lister, among []int) (Protected, error) {
	p.places, p.engines = maps.Clone(p.places), slices.Clone(p.engines)
	if err := p.look(ctx, lister.Foreigners(), among); err != nil {
		return Protected{}, fmt.Errorf("look again for the engines' mount namespaces: %w", err)
	}
	return p, nil
}

// look adds the namespaces of engines and helpers among some processes.
func (p *Protected) look(ctx context.Context, foreigners *mountns.Foreigners, among []int) error {
	residents, err := findResidents(ctx, foreigners, among)
	if err != nil {
		return err
	}
	for _, r := range residents {
		namespaces, err := mountNamespaces(r.process)
		if isForeign(err, r.process, foreigners) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		for _, inode := range namespaces {
			p.add(inode, r)
		}
		if r.helper {
			continue
		}
		p.any = p.any || !r.nested && len(namespaces) > 0
		if !slices.ContainsFunc(p.engines, func(known resident) bool { return known.pid == r.pid }) {
			p.engines = append(p.engines, r)
		}
	}
	return nil
}

// firstNamespace is that of PID 1. Where its link is closed all mount tables may
// have to be read, and that of somebody who mounts without end can take minutes
// (ten for 32,789 mounts, on Linux 6.18). Whoever waits is not kept longer than
// the context says; a goroutine goes on.
func firstNamespace(ctx context.Context, lister *mountns.Lister) (mountns.ID, error) {
	type answer struct {
		id  mountns.ID
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		id, err := lister.Init()
		answers <- answer{id, err}
	}()
	select {
	case a := <-answers:
		return a.id, a.err
	case <-ctx.Done():
		return mountns.ID{}, ctx.Err()
	}
}

// add notes that somebody lives in a namespace.
func (p *Protected) add(inode uint64, r resident) {
	known, ok := p.places[inode]
	if better := r.says() - known.resident.says(); !ok || better > 0 || better == 0 && r.pid < known.resident.pid {
		known.resident = r
	}
	known.host = known.host || !r.helper && !r.nested
	known.nested = known.nested || !r.helper && r.nested
	p.places[inode] = known
}

// Why says for the sake of whom a namespace is protected: "dockerd (pid 812)",
// "nested containerd (pid 9012)", "helper of dockerd (pid 901)", "PID 1". The
// words are ours. ok is false if it is not protected. Of an inode number that
// went to another namespace since, the answer is that of the old one.
func (p Protected) Why(id mount.NamespaceID) (reason string, ok bool) {
	if place, ok := p.places[id.Inode]; ok {
		return place.resident.String(), true
	}
	if p.init != 0 && id.Inode == p.init {
		return "PID 1", true
	}
	return "", false
}

// HasEngine reports whether a thread of an engine of this host is in the
// namespace. PID 1 is no engine, nor are helpers and nested engines.
func (p Protected) HasEngine(id mount.NamespaceID) bool { return p.places[id.Inode].host }

// Nested reports whether an engine is in the namespace that has a pid or user
// namespace other than ours, and so is not one of this host's: kind's and
// Docker-in-Docker's, rootless podman and Docker, BuildKit in a container.
func (p Protected) Nested(id mount.NamespaceID) bool { return p.places[id.Inode].nested }

// Any reports whether an engine of this host was found at all.
func (p Protected) Any() bool { return p.any }

// Recheck looks whether a thread of one of the engines that were found has come
// to a namespace by now. It costs a few microseconds for each thread, and is
// meant for the moment after entering. Engines and helpers that were started
// meanwhile are not seen; they have nothing mounted in a namespace that was there
// before.
func (p Protected) Recheck(id mount.NamespaceID) (reason string, ok bool, err error) {
	if reason, ok := p.Why(id); ok {
		return reason, true, nil
	}
	for _, r := range p.engines {
		namespaces, err := mountNamespaces(r.process)
		if err != nil {
			return "", false, fmt.Errorf("look again for %s: %w", r, err)
		}
		for _, inode := range namespaces {
			if inode == id.Inode {
				return r.String(), true, nil
			}
		}
	}
	return "", false, nil
}
