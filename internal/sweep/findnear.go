package sweep

import (
	"context"
	"iter"

	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// findNear finds our own namespace and those with copies, and which of these are
// engines'. It is not ok if no engine is in ours, or something went wrong: then
// all has to be looked at.
func (v *view) findNear(ctx context.Context, lister *mountns.Lister, owned []cleanup.Owned, threads crowd) (all []found, ok bool) {
	defer func() {
		if !ok {
			for i := range all {
				all[i].Close()
			}
			all, v.threads = nil, threads.threads
		}
	}()
	own, err := lister.Own()
	if err != nil {
		return nil, false
	}
	defer own.Close()
	q := query(owned)
	q.Within = share(ctx)
	wanted := make(map[uint64]bool)
	keep := func(ns *mountns.Namespace, hit bool) error {
		kept, err := ns.Keep()
		if err == nil {
			all = append(all, found{Namespace: kept, hit: hit})
			wanted[ns.Inode] = true
		}
		return err
	}
	for ns, err := range lister.Having(q, func(m mountns.Mount) bool { return mayBeCopy(owned, m) }) {
		if err != nil || ctx.Err() != nil || keep(ns, true) != nil {
			return all, false
		}
	}
	if !wanted[own.Inode] && keep(own, false) != nil {
		return all, false
	}
	near := threads.in(wanted, own.Inode)
	v.threads = func() iter.Seq2[mountns.Thread, error] { return near }
	// Whose links cannot be read is named as somebody in none of them.
	byNamespace, _ := holder.ByNamespace(ctx, near, func(inode uint64) bool { return wanted[inode] })
	pids := []int{}
	for _, some := range byNamespace {
		pids = append(pids, some...)
	}
	v.protected, err = engine.FindProtectedBy(ctx, lister, pids)
	return all, err == nil && v.protected.HasEngine(own.ID)
}
