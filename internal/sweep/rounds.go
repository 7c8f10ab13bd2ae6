package sweep

import (
	"context"
	"slices"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// mostRounds bounds how often is planned: somebody may make the plan wrong each
// time.
const mostRounds = 3

// detach detaches what the rules allow, and looks again to make sure of it: what a
// process mounts, clones or moves meanwhile is nobody's fault, and would be missed.
//
// A detaching arrives in namespaces that are slaves of the one it was done in, and
// what was stacked there is on something else then. Hence, as long as the engine's
// mounts say that copies are copies, what is left although it may go is planned
// again.
//
// What was detached is kept until the caller closes kept.
func (r *Request) detach(ctx context.Context, lister *mountns.Lister, options cleanup.Options, v *view, report *Report, kept *keeper) []cleanup.Outcome {
	var all []cleanup.Outcome
	for round := 1; ; round++ {
		d := newDetacher(lister, v, r.Owned)
		d.kept = kept
		outcomes := cleanup.Apply(ctx, cleanup.Plan(r.Owned, v.scene, options), d, d.ours)
		all = update(all, outcomes)
		if !detached(outcomes) {
			return all
		}
		if left, only := d.onlyOriginals(ctx, r.Owned, all); only {
			return cleanup.Settle(all, left)
		}
		after, err := look(ctx, lister, *r, asTheyAre())
		if err != nil {
			report.Incomplete = append(report.Incomplete, "look again: "+err.Error())
			return all
		}
		defer after.close()
		plan := cleanup.Plan(r.Owned, after.scene, options)
		all = cleanup.Settle(all, plan)
		if round == mostRounds || !less(outcomes) || !slices.ContainsFunc(plan, mayGo) || !after.hasOriginals(r.Owned) {
			return all
		}
		v = after
	}
}

// update takes over what became of copies in a later round. What they were is what
// they were found as.
func update(all, outcomes []cleanup.Outcome) []cleanup.Outcome {
	// A mount can be a copy of one thing that is owned, and a leaf of another one.
	type key struct {
		namespace, mount uint64
		owned            string
	}
	keyOf := func(c cleanup.Copy) key { return key{c.Namespace.Inode, c.Mount.OldID, c.Owned.Path} }
	known := make(map[key]int, len(all))
	for i := range all {
		known[keyOf(all[i].Copy)] = i
	}
	for _, o := range outcomes {
		i, is := known[keyOf(o.Copy)]
		if !is {
			all = append(all, o)
			continue
		}
		all[i].Copy.Refusal, all[i].Result, all[i].Reason = o.Copy.Refusal, o.Result, o.Reason
	}
	return all
}

// detached reports whether anything may have been detached.
func detached(outcomes []cleanup.Outcome) bool {
	for _, o := range outcomes {
		if o.Copy.Refusal == cleanup.Allowed {
			return true
		}
	}
	return false
}

// less reports whether something went.
func less(outcomes []cleanup.Outcome) bool {
	for _, o := range outcomes {
		if o.Result != cleanup.Left {
			return true
		}
	}
	return false
}

// mayGo reports whether a plan allows to detach a copy.
func mayGo(c cleanup.Copy) bool { return c.Refusal == cleanup.Allowed }

// hasOriginals reports whether the engine's own mounts are all there. Without them
// a copy cannot be told from the mount of the container's next run.
func (v *view) hasOriginals(owned []cleanup.Owned) bool {
	for i := range owned {
		there := false
		for j := range v.scene.Namespaces {
			for _, m := range v.scene.Namespaces[j].Mounts {
				there = there || owned[i].IsOriginal(m)
			}
		}
		if !there {
			return false
		}
	}
	return true
}
