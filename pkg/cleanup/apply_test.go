package cleanup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
)

// faults is a detacher that only notes what it is asked for, and answers with
// the errors it was given.
type faults struct {
	asked  []string
	errors map[string]error
	after  func()
}

func (f *faults) Detach(_ context.Context, c Copy) error {
	f.asked = append(f.asked, c.Mount.Path)
	if f.after != nil {
		f.after()
	}
	return f.errors[c.Mount.Path]
}

// copyAt is a copy in the agent's namespace that may be detached.
func copyAt(path string, id, parent uint64) Copy {
	return Copy{
		Owned:     Owned{Path: path},
		Namespace: mount.NamespaceID{Inode: agent},
		Mount:     mount.Mount{Path: path, UniqueID: 1000 + id, OldID: id, OldParent: parent},
		Kind:      Private,
	}
}

func outcomeLines(outcomes []Outcome) []string {
	var lines []string
	for _, o := range outcomes {
		line := fmt.Sprintf("%s %s", o.Copy.Mount.Path, o.Result)
		if o.Reason != "" {
			line += ": " + o.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

func always(Owned) error { return nil }

func TestApply(t *testing.T) {
	refused := copyAt("/refused", 3, 1)
	refused.Refusal = RefusePeer
	d := &faults{errors: map[string]error{
		"/gone":   fmt.Errorf("open: %w", ErrGone),
		"/locked": fmt.Errorf("umount2: %w", ErrLocked),
		"/broken": errors.New("umount2: broken"),
	}}
	outcomes := Apply(t.Context(), []Copy{
		copyAt("/one", 2, 1), refused, copyAt("/gone", 4, 1), copyAt("/locked", 5, 1), copyAt("/broken", 6, 1), copyAt("/last", 7, 1),
	}, d, always)
	wantLines(t, outcomeLines(outcomes), []string{
		"/one detached", "/refused left: " + string(RefusePeer), "/gone gone",
		"/locked left: " + string(RefuseLocked), "/broken left: umount2: broken", "/last detached",
	})
	wantLines(t, d.asked, []string{"/one", "/gone", "/locked", "/broken", "/last"})
	if got := outcomes[3].Copy.Refusal; got != RefuseLocked {
		t.Errorf("refusal %q, want %q", got, RefuseLocked)
	}
}

// TestApplyKeepsWhatCarries has something left on a mount: that stays with it.
func TestApplyKeepsWhatCarries(t *testing.T) {
	elsewhere := copyAt("/other", 2, 1) // the same number in another namespace
	elsewhere.Namespace.Inode = third
	refused := copyAt("/", 1, 0)
	refused.Refusal = RefuseRoot
	d := &faults{errors: map[string]error{"/a/b/c": errors.New("broken")}}
	outcomes := Apply(t.Context(), []Copy{
		copyAt("/a/b/c", 4, 3), copyAt("/a/x", 5, 2), copyAt("/a/b", 3, 2), copyAt("/d/x", 8, 7),
		copyAt("/a", 2, 1), copyAt("/d", 7, 1), elsewhere, refused,
	}, d, always)
	wantLines(t, outcomeLines(outcomes), []string{
		"/a/b/c left: broken", "/a/x detached", "/a/b left: " + string(RefuseCovered), "/d/x detached",
		"/a left: " + string(RefuseCovered), "/d detached", "/other detached", "/ left: " + string(RefuseRoot),
	})
	wantLines(t, d.asked, []string{"/a/b/c", "/a/x", "/d/x", "/d", "/other"})
}

func TestApplyAsksWhetherItIsStillOurs(t *testing.T) {
	d := &faults{}
	var asked []string
	outcomes := Apply(t.Context(), []Copy{copyAt("/one", 2, 1), copyAt("/two", 3, 1)}, d, func(o Owned) error {
		asked = append(asked, o.Path)
		if o.Path == "/one" {
			return errors.New("it was mounted again")
		}
		return nil
	})
	wantLines(t, outcomeLines(outcomes), []string{"/one left: it was mounted again", "/two detached"})
	wantLines(t, d.asked, []string{"/two"})
	wantLines(t, asked, []string{"/one", "/two"})
}

func TestApplyEndsInTime(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	d := &faults{after: func() { cancel(errors.New("the deadline passed")) }}
	refused := copyAt("/refused", 4, 1)
	refused.Refusal = RefuseLeaf
	outcomes := Apply(ctx, []Copy{copyAt("/one", 2, 1), copyAt("/two", 3, 1), refused}, d, always)
	wantLines(t, outcomeLines(outcomes), []string{
		"/one detached", "/two left: no time was left: the deadline passed", "/refused left: " + string(RefuseLeaf),
	})
	wantLines(t, d.asked, []string{"/one"})
}

func TestSettle(t *testing.T) {
	refused := copyAt("/peer", 5, 1)
	refused.Refusal = RefusePeer
	of := func(result Result, reason string, c Copy) Outcome {
		return Outcome{Copy: c, Result: result, Reason: reason}
	}
	changed := func(c Copy, change func(*Copy)) Copy { change(&c); return c }
	before := []Outcome{
		of(Detached, "", copyAt("/away", 2, 1)),
		of(Detached, "", copyAt("/back", 3, 1)),
		of(Gone, "", copyAt("/gone", 6, 1)),
		of(Gone, "", copyAt("/not-gone", 7, 1)),
		of(Left, "broken", copyAt("/still", 4, 1)),
		of(Left, "broken", copyAt("/by-itself", 8, 1)),
		of(Left, string(RefusePeer), refused),
		of(Detached, "", copyAt("/namesake", 9, 1)),
		of(Left, "hidden", changed(copyAt("/uncovered", 12, 1), func(c *Copy) { c.Mount.UniqueID = 0 })),
		of(Left, "broken", copyAt("/covered", 13, 1)),
	}
	after := []Copy{
		copyAt("/back", 3, 1), copyAt("/not-gone", 7, 1), copyAt("/still", 4, 1), refused,
		copyAt("/new", 10, 1),
		changed(copyAt("/new-peer", 11, 1), func(c *Copy) { c.Refusal = RefusePeer }),
		// What covered it went, or came.
		copyAt("/uncovered", 12, 1),
		changed(copyAt("/covered", 13, 1), func(c *Copy) { c.Mount.UniqueID = 0 }),
		// Each differs from one that went in a single number.
		changed(copyAt("/other-unique", 2, 1), func(c *Copy) { c.Mount.UniqueID++ }),
		changed(copyAt("/other-old", 6, 1), func(c *Copy) { c.Mount.OldID, c.Mount.UniqueID = 66, 1006 }),
		changed(copyAt("/other-namespace", 9, 1), func(c *Copy) { c.Namespace.Inode = third }),
	}
	const (
		again = " left: it is there again after it was detached"
		came  = " left: it came while the others were detached"
	)
	settled := Settle(before, after)
	wantLines(t, outcomeLines(settled), []string{
		"/away detached", "/back" + again, "/gone gone", "/not-gone" + again, "/still left: broken", "/by-itself gone",
		"/peer left: " + string(RefusePeer), "/namesake detached",
		"/uncovered left: hidden", "/covered left: broken",
		"/new" + came, "/new-peer left: " + string(RefusePeer), "/other-unique" + came, "/other-old" + came, "/other-namespace" + came,
	})
	if got := Settle(nil, nil); len(got) != 0 {
		t.Errorf("of nothing came %v", got)
	}
}

func TestLingering(t *testing.T) {
	var outcomes []Outcome
	kinds := []CopyKind{Original, Private, Slave, Peer, Leaf, Alias, Locked, InUse}
	for _, kind := range kinds {
		for _, result := range []Result{Left, Gone, Detached} {
			outcomes = append(outcomes, Outcome{Copy: Copy{Kind: kind}, Result: result})
		}
	}
	var got []CopyKind
	for _, o := range Lingering(outcomes) {
		if o.Result != Left {
			t.Errorf("%s is %s", o.Copy.Kind, o.Result)
		}
		got = append(got, o.Copy.Kind)
	}
	if !slices.Equal(got, kinds[1:]) {
		t.Errorf("lingering are %v, want %v", got, kinds[1:])
	}
}
