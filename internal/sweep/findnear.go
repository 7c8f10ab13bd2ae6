package sweep

import (
	"context"

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
			all, v.incomplete = nil, nil
		}
	}()
	own, err := lister.Own()
	if err != nil {
		return nil, false
	}
	defer own.Close()
	q := query(owned)
	wanted := make(map[uint64]bool)
	for ns, err := range lister.All() {
		if ctx.Err() != nil {
			return all, false
		}
		if err != nil {
			v.incomplete = append(v.incomplete, err.Error())
			continue
		}
		one := found{Namespace: ns}
		one.glance(ctx, q, owned)
		if one.err != nil {
			return all, false
		}
		if !one.hit && !ns.Same(own.ID) {
			continue
		}
		if one.Namespace, err = ns.Keep(); err != nil {
			return all, false
		}
		all = append(all, one)
		wanted[ns.Inode] = true
	}
	// Whose links cannot be read is named as somebody in none of them.
	byNamespace, _ := holder.ByNamespace(ctx, threads(), func(inode uint64) bool { return wanted[inode] })
	pids := []int{}
	for _, some := range byNamespace {
		pids = append(pids, some...)
	}
	v.protected, err = engine.FindProtectedBy(ctx, lister, pids)
	return all, err == nil && v.protected.HasEngine(own.ID)
}
