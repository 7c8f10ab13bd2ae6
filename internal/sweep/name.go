package sweep

import (
	"context"
	"iter"
	"slices"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// mostProcesses bounds how many processes are named for one namespace.
const mostProcesses = 100

// name finds the processes behind what is left, and those that use its files.
func (r *Report) name(ctx context.Context, request Request, threads iter.Seq2[mountns.Thread, error]) {
	among, err := r.nameHolders(ctx, threads)
	if err != nil {
		r.Incomplete = append(r.Incomplete, err.Error())
	}
	if request.Name != NameNear {
		among = nil
	}
	r.nameUsers(ctx, request.Owned, among)
}

// nameHolders describes the processes in the namespaces of what is left, and
// returns all of those namespaces in which a mount was found.
func (r *Report) nameHolders(ctx context.Context, threads iter.Seq2[mountns.Thread, error]) ([]int, error) {
	left := make(map[uint64]bool) // by namespace, false where nothing is left
	for i := range r.Holders {
		h := &r.Holders[i]
		inode := h.Copy.Namespace.Inode
		left[inode] = left[inode] || h.Result == cleanup.Left && h.Copy.Kind != cleanup.Original
	}
	byNamespace, err := holder.ByNamespace(ctx, threads, func(inode uint64) bool {
		_, is := left[inode]
		return is
	})
	all := []int{}
	named := make(map[uint64][]holder.Process, len(byNamespace))
	for inode, pids := range byNamespace {
		all = append(all, pids...)
		if !left[inode] {
			continue
		}
		for _, pid := range pids[:min(len(pids), mostProcesses)] {
			if p, err := holder.Describe(pid); err == nil {
				named[inode] = append(named[inode], p)
			}
		}
	}
	for i := range r.Holders {
		r.Holders[i].Processes = named[r.Holders[i].Copy.Namespace.Inode]
	}
	slices.Sort(all)
	return slices.Compact(all), err
}

// nameUsers finds who has files of owned superblocks open, among some processes or,
// if that is nil, all.
func (r *Report) nameUsers(ctx context.Context, owned []cleanup.Owned, among []int) {
	devices := make(map[mountns.Device]bool)
	for i := range owned {
		if owned[i].FSType != "nsfs" {
			devices[owned[i].Device] = true
		}
	}
	if len(devices) == 0 {
		return
	}
	uses, err := holder.Uses(ctx, func(d mountns.Device) bool { return devices[d] }, among)
	if err != nil {
		r.Incomplete = append(r.Incomplete, err.Error())
	}
	r.Uses = uses
	described := make(map[int]bool)
	for _, u := range uses {
		if described[u.PID] {
			continue
		}
		described[u.PID] = true
		if p, err := holder.Describe(u.PID); err == nil {
			r.Users = append(r.Users, p)
		}
	}
}
