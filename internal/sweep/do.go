package sweep

import (
	"context"
	"errors"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// errNoEngine is why nothing is detached on a host on which nobody is found who
// could own the mounts.
var errNoEngine = errors.New("no container engine was found on this host, so whose mounts are in use is not known")

// do looks, detaches if that is asked for, and looks again; seen are the threads
// as they were seen once. It may hang: see the package comment.
func do(ctx context.Context, r Request, seen crowd) Report {
	lister := mountns.NewLister()
	if r.Proc {
		lister = mountns.NewProcLister()
	}
	// Who changes something has to know how things are by then.
	threads := asTheyAre()
	if !r.Detach {
		threads = seen
		if r.Near {
			go threads.leaders()
		} else {
			go threads.threads()
		}
	}
	report := Report{}
	before, err := look(ctx, lister, r, threads)
	if err != nil {
		report.Aborted = err.Error()
		return report
	}
	defer before.close()
	if r.Detach && !before.protected.Any() {
		report.Aborted = errNoEngine.Error()
		r.Detach = false
	}
	report.Incomplete = before.incomplete
	options := cleanup.Options{
		Leaf: r.Leaf, Host: r.Host, ByPlace: r.ByPlace, InUse: r.InUse, PrivateOnly: r.PrivateOnly, MayHang: mountns.MayHang,
	}
	var outcomes []cleanup.Outcome
	if r.Detach {
		kept := newKeeper(ctx)
		// Who asked must not find them in use.
		defer kept.close()
		outcomes = r.detach(ctx, lister, options, before, &report, kept)
	} else {
		outcomes = asFound(cleanup.Plan(r.Owned, before.scene, options))
	}
	for _, o := range outcomes {
		report.Holders = append(report.Holders, Holder{Outcome: o})
	}
	if r.Name == NameAlways || r.Name == NameNear || r.Name == NameLeft && report.stuck() {
		report.name(ctx, r, before.threads())
	}
	return report
}

// asFound says of everything that it is there.
func asFound(plan []cleanup.Copy) []cleanup.Outcome {
	outcomes := make([]cleanup.Outcome, 0, len(plan))
	for _, c := range plan {
		outcomes = append(outcomes, cleanup.Outcome{Copy: c, Result: cleanup.Left, Reason: string(c.Refusal)})
	}
	return outcomes
}
