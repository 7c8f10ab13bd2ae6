package sweep

import (
	"context"
	"slices"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// mostProcesses bounds how many processes are named for one namespace.
const mostProcesses = 100

// name finds the processes behind what is left.
func (r *Report) name(ctx context.Context, owned []cleanup.Owned) {
	wanted := make(map[uint64]bool)
	for i := range r.Holders {
		if h := &r.Holders[i]; h.Result == cleanup.Left {
			wanted[h.Copy.Namespace.Inode] = true
		}
	}
	if len(wanted) > 0 {
		pids, err := holder.ByNamespace(ctx, func(inode uint64) bool { return wanted[inode] })
		if err != nil {
			r.Incomplete = append(r.Incomplete, err.Error())
		}
		named := make(map[uint64][]holder.Process, len(pids))
		for inode, list := range pids {
			slices.Sort(list)
			for _, pid := range list[:min(len(list), mostProcesses)] {
				if p, err := holder.Describe(pid); err == nil {
					named[inode] = append(named[inode], p)
				}
			}
		}
		for i := range r.Holders {
			r.Holders[i].Processes = named[r.Holders[i].Copy.Namespace.Inode]
		}
	}
	devices := make(map[mountns.Device]bool)
	for i := range owned {
		if owned[i].FSType != "nsfs" {
			devices[owned[i].Device] = true
		}
	}
	if len(devices) == 0 {
		return
	}
	uses, err := holder.Uses(ctx, func(d mountns.Device) bool { return devices[d] })
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
