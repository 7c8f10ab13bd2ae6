package sweep

import (
	"context"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// onlyOriginals reports whether of everything owned nothing is left anywhere but
// what was found as an engine's own mount, and returns those of them that are there.
// Then it need not be known who lives where, which takes most of the time of a look.
func (d *detacher) onlyOriginals(ctx context.Context, owned []cleanup.Owned, found []cleanup.Outcome) (left []cleanup.Copy, only bool) {
	if d.lister.Proc() {
		return nil, false
	}
	for _, o := range found {
		switch c := o.Copy; {
		case !c.Owned.IsOriginal(c.Mount):
		case c.Kind != cleanup.Original:
			return nil, false // the engine is gone: what becomes of it is to be planned
		case d.isThere(c):
			left = append(left, c)
		}
	}
	q := query(owned)
	q.Within = share(ctx)
	ofOwned := q.Device
	// When the time is over whatever is looked at ends the search.
	q.Device = func(device mountns.Device) bool { return ofOwned(device) || ctx.Err() != nil }
	is := func(m mountns.Mount) bool { return mayBeCopy(owned, m) && !isOriginal(owned, m) || ctx.Err() != nil }
	none, err := d.lister.None(q, is)
	if !none || err != nil { // of a table that cannot be read it is not known
		return nil, false
	}
	return left, true
}

// isThere reports whether a mount that was found is still in its namespace.
func (d *detacher) isThere(c cleanup.Copy) bool {
	ns, err := d.open(c.Namespace)
	if err != nil {
		return false
	}
	defer ns.Close()
	return d.sameMount(ns, c.Mount) == nil
}
