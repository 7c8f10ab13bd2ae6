package cleanup

import (
	"context"
	"errors"

	"github.com/unbusy/unbusy/pkg/mount"
)

// Detacher detaches mounts.
type Detacher interface {
	// Detach detaches a copy, and nothing else. What it is about to detach it
	// identifies again. The error satisfies errors.Is(err, ErrGone) if the copy
	// is not there any more, or ErrLocked if the kernel keeps it.
	Detach(ctx context.Context, c Copy) error
}

var (
	// ErrGone says that a copy went by itself.
	ErrGone = errors.New("it is gone already")
	// ErrLocked says that a copy cannot be detached by anyone.
	ErrLocked = errors.New(string(RefuseLocked))
)

// Result is what became of a copy.
type Result string

// The results.
const (
	Detached Result = "detached"
	// Gone went without us: its namespace ended, or the engine's own unmount
	// arrived there.
	Gone Result = "gone"
	// Left is there still. The reason says why.
	Left Result = "left"
)

// Outcome is a copy and what became of it.
type Outcome struct {
	Copy   Copy
	Result Result
	// Reason says why it is left.
	Reason string
}

// Apply detaches what the plan allows. After the context has ended nothing is
// begun any more, but what is begun is waited for: only a process that can be
// abandoned may have to. stillOurs is asked before each one whether the identity
// that the plan relies on holds; an error leaves the rest alone. What something
// is left on stays as well: it would take that along.
func Apply(ctx context.Context, plan []Copy, d Detacher, stillOurs func(Owned) error) []Outcome {
	type key struct {
		ns mount.NamespaceID
		id uint64
	}
	outcomes := make([]Outcome, 0, len(plan))
	covered := make(map[key]bool)
	for _, c := range plan {
		if c.Refusal == Allowed && covered[key{c.Namespace, c.Mount.OldID}] {
			c.Refusal = RefuseCovered
		}
		o := apply(ctx, c, d, stillOurs)
		if o.Result == Left {
			covered[key{c.Namespace, c.Mount.OldParent}] = true
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

func apply(ctx context.Context, c Copy, d Detacher, stillOurs func(Owned) error) Outcome {
	o := Outcome{Copy: c, Result: Left}
	if c.Refusal != Allowed {
		o.Reason = string(c.Refusal)
		return o
	}
	if err := context.Cause(ctx); err != nil {
		o.Reason = "no time was left: " + err.Error()
		return o
	}
	if err := stillOurs(c.Owned); err != nil {
		o.Reason = err.Error()
		return o
	}
	switch err := d.Detach(ctx, c); {
	case err == nil:
		o.Result = Detached
	case errors.Is(err, ErrGone):
		o.Result = Gone
	case errors.Is(err, ErrLocked):
		o.Copy.Refusal, o.Reason = RefuseLocked, string(RefuseLocked)
	default:
		o.Reason = err.Error()
	}
	return o
}

// Settle compares the outcomes with what a second look finds: a copy that is
// not there any more is gone, whatever was reported, one that is there is left,
// and one that came meanwhile is added.
func Settle(outcomes []Outcome, after []Copy) []Outcome {
	type key struct{ ns, old uint64 }
	keyOf := func(c Copy) key { return key{c.Namespace.Inode, c.Mount.OldID} }
	// The unique id of a copy that is hidden below another mount is not known where
	// /proc is read, until that one is gone.
	has := func(unique map[key]uint64, c Copy) bool {
		id, ok := unique[keyOf(c)]
		return ok && (id == c.Mount.UniqueID || id == 0 || c.Mount.UniqueID == 0)
	}
	there := make(map[key]uint64, len(after))
	for _, c := range after {
		there[keyOf(c)] = c.Mount.UniqueID
	}
	settled := make([]Outcome, 0, len(outcomes))
	known := make(map[key]uint64, len(outcomes))
	for _, o := range outcomes {
		known[keyOf(o.Copy)] = o.Copy.Mount.UniqueID
		switch still := has(there, o.Copy); {
		case !still && o.Result == Left:
			o.Result, o.Reason = Gone, ""
		case still && o.Result != Left:
			o.Result, o.Reason = Left, "it is there again after it was detached"
		}
		settled = append(settled, o)
	}
	for _, c := range after {
		if !has(known, c) {
			reason := "it came while the others were detached"
			if c.Refusal != Allowed {
				reason = string(c.Refusal)
			}
			settled = append(settled, Outcome{Copy: c, Result: Left, Reason: reason})
		}
	}
	return settled
}

// Lingering are the outcomes that mean something still holds the container's
// mounts: all that are left but for the engine's own.
func Lingering(outcomes []Outcome) []Outcome {
	var left []Outcome
	for _, o := range outcomes {
		if o.Result == Left && o.Copy.Kind != Original {
			left = append(left, o)
		}
	}
	return left
}
