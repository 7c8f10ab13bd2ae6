package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
)

const (
	// mostUsers bounds how many processes are told of one by one.
	mostUsers = 20
	// mostUsed bounds what is told of one of them.
	mostUsed = 3
)

// following are the copies of engines' mounts that go with the original, by the
// mount's id, which no two mounts have at the same time.
type following map[uint64]followed

// followed is the original of a copy.
type followed struct {
	device mount.Device
	path   string
}

// usedCopies finds the processes that work in a copy that goes with the original.
// The kernel refuses to unmount the original, unless lazily, as long as they do
// (propagate_mount_busy in fs/pnode.c): containerd's shims and the kubelet then
// fail.
func usedCopies(ctx context.Context, seen *target.Host) ([]Finding, error) {
	copies := followingCopies(seen)
	if len(copies) == 0 {
		return nil, nil
	}
	devices := make(map[mount.Device]bool)
	for _, original := range copies {
		devices[original.device] = true
	}
	uses, err := holder.Uses(ctx, func(d mount.Device) bool { return devices[d] }, nil)
	if err != nil && ctx.Err() == nil && errors.Is(err, holder.ErrIncomplete) {
		err = nil // some processes nobody may look at, and others end
	}
	return usersOf(copies, uses, holder.Describe), err
}

// followingCopies are those outside the engines' own namespaces. What decides is
// what a copy is mounted on.
func followingCopies(seen *target.Host) following {
	copies := make(following)
	originals, groups := make(map[copied]string), make(map[uint64]bool)
	for _, ns := range engineNamespaces(seen) {
		inNamespace, peers := inAreas([]*target.Namespace{ns}, seen.Areas)
		for _, m := range ns.Mounts {
			if inNamespace[copiedFrom(m)] && originals[copiedFrom(m)] == "" {
				originals[copiedFrom(m)] = m.Path
			}
		}
		for group := range peers {
			groups[group] = true
		}
	}
	for i := range seen.Namespaces {
		ns := &seen.Namespaces[i]
		if ns.Protected != "" || ns.ID.Same(seen.Own) {
			continue
		}
		for _, m := range ns.Mounts {
			path, known := originals[copiedFrom(m)]
			on, ok := ns.Parent(m)
			if known && ok && m.OldID != 0 && (groups[on.Master] || groups[on.PeerGroup]) {
				copies[m.OldID] = followed{m.Device, path}
			}
		}
	}
	return copies
}

// usersOf tells of the processes, each once, that have something open on copies.
func usersOf(copies following, uses []holder.Use, describe func(pid int) (holder.Process, error)) []Finding {
	open := make(map[int][]string)
	for _, use := range uses {
		original, ok := copies[use.MountID]
		if ok && original.device == use.Device && !slices.Contains(open[use.PID], original.path) {
			open[use.PID] = append(open[use.PID], original.path)
		}
	}
	found := make(map[int]Finding)
	for pid, paths := range open {
		who, err := describe(pid)
		if err != nil {
			continue // it ended
		}
		slices.Sort(paths)
		what := strings.Join(paths[:min(mostUsed, len(paths))], ", ")
		if more := len(paths) - mostUsed; more > 0 {
			what += fmt.Sprintf(" and %d more", more)
		}
		found[pid] = Finding{
			ID: "copy-in-use", Severity: AtRisk,
			Evidence: fmt.Sprintf("%s works in its copy of %s, or has a file open there: until it leaves, unmounting that on the host fails with \"target is busy\"",
				user(who), what),
			Fix: "end it, or have it close its files there and change its directory; unbusy takes the copy away first when a container ends under it",
		}
	}
	all := inOrder(found)
	if more := len(all) - mostUsers; more > 0 {
		all = append(all[:mostUsers], Finding{
			ID: "copy-in-use", Severity: AtRisk,
			Evidence: count(more, "more process") + " at work in copies of containers' mounts",
			Fix:      "run unbusy doctor again when the others have left",
		})
	}
	return all
}

// user names a process, and the container that it is in.
func user(p holder.Process) string {
	switch {
	case p.Container != "":
		return fmt.Sprintf("process %d (%s) of container %s", p.PID, p.Command, p.Container)
	case p.Unit != "":
		return fmt.Sprintf("process %d (%s) of %s", p.PID, p.Command, p.Unit)
	default:
		return fmt.Sprintf("process %d (%s)", p.PID, p.Command)
	}
}
