package sweep

import (
	"context"
	"fmt"

	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// found is a namespace that the rules have to know of.
type found struct {
	*mountns.Namespace
	// hit says that something in it can be a copy.
	hit bool
	// mounts are its table, err why that is not known, or not if hit is right.
	mounts []mount.Mount
	err    error
	// upperDirs are the writable layers of what can be a copy in it, by OldID.
	upperDirs map[uint64]string
}

// mostKept bounds how many namespaces are kept open that may be engines'.
const mostKept = 512

// finder finds namespaces while the engines are still being looked for: on a full
// node either takes milliseconds.
type finder struct {
	protected engine.Protected
	failed    error
	done      chan struct{}
	known     bool // which are protected
	found     []found
}

// find finds the namespaces of engines and those with copies, open.
func (v *view) find(ctx context.Context, lister *mountns.Lister, r Request, threads crowd) ([]found, error) {
	if r.Near && !r.Detach {
		if found, ok := v.findNear(ctx, lister, r.Owned, threads); ok {
			return found, nil
		}
	}
	return v.findAll(ctx, lister, r.Owned, r.Namespace)
}

// findAll finds them wherever they are. If only is not 0 it is the one namespace,
// beside those of engines, that is looked at.
func (v *view) findAll(ctx context.Context, lister *mountns.Lister, owned []cleanup.Owned, only uint64) ([]found, error) {
	f := &finder{done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.protected, f.failed = engine.FindProtected(ctx, lister)
	}()
	// What a search of /proc keeps are whole tables.
	if lister.Proc() {
		f.wait()
	}
	q := query(owned)
	for ns, err := range lister.All() {
		if ctx.Err() != nil {
			return f.found, context.Cause(ctx)
		}
		if err != nil {
			v.incomplete = append(v.incomplete, err.Error())
			continue
		}
		f.settle()
		if f.known && f.failed != nil {
			break
		}
		one := found{Namespace: ns}
		if !f.isProtected(ns.ID) && (only == 0 || only == ns.Inode) {
			one.glance(ctx, q, owned)
		}
		if !f.wanted(&one) {
			continue
		}
		if one.Namespace, err = ns.Keep(); err != nil {
			return f.found, err
		}
		f.found = append(f.found, one)
	}
	f.wait()
	if f.failed != nil {
		return f.found, fmt.Errorf("find the mount namespaces of engines: %w", f.failed)
	}
	v.protected = f.protected
	return f.found, nil
}

// glance looks whether something in the namespace can be a copy.
func (f *found) glance(ctx context.Context, q mountns.Query, owned []cleanup.Owned) {
	q.Within = share(ctx)
	f.hit, f.err = f.Has(q, func(m mountns.Mount) bool { return mayBeCopy(owned, m) })
}

// settle lets go of what is not wanted once that is known.
func (f *finder) settle() {
	if f.known {
		return
	}
	select {
	case <-f.done:
		f.wait()
	default:
		if len(f.found) >= mostKept {
			f.wait()
		}
	}
}

// wait waits until the engines are known.
func (f *finder) wait() {
	<-f.done
	f.known = true
	wanted := f.found[:0]
	for _, one := range f.found {
		if f.wanted(&one) {
			wanted = append(wanted, one)
		} else {
			one.Close()
		}
	}
	f.found = wanted
}

func (f *finder) isProtected(id mount.NamespaceID) bool {
	if !f.known {
		return false
	}
	_, is := f.protected.Why(id)
	return is
}

// wanted reports whether a namespace can be one to know of, as far as is known.
func (f *finder) wanted(one *found) bool {
	return one.hit || one.err != nil || !f.known || f.isProtected(one.ID)
}
