package doctor

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// holdingServices finds the mount namespaces, other than containers' and engines',
// that have copies of containers' mounts which will stay when the engine unmounts
// its own.
//
// A copy that gets the engine's unmounts is none: every service with PrivateTmp=
// has some while containers run.
func holdingServices(ctx context.Context, lister *mountns.Lister, seen *target.Host) ([]Finding, error) {
	originals, groups := inAreas(engineNamespaces(seen), seen.Areas)
	if len(originals) == 0 {
		return nil, nil
	}
	held := make(map[uint64][]string)
	for i := range seen.Namespaces {
		ns := &seen.Namespaces[i]
		if ns.Protected != "" || ns.ID.Same(seen.Own) {
			continue
		}
		if paths := staying(ns, originals, groups); len(paths) > 0 {
			held[ns.ID.Inode] = paths
		}
	}
	if len(held) == 0 {
		return nil, nil
	}
	processes, err := processesIn(ctx, func(inode uint64) bool { return held[inode] != nil })
	found := make(map[string]Finding)
	for inode, paths := range held {
		who, isContainer := holderOf(processes[inode])
		if isContainer || who.PID == 0 && isGone(lister, inode) {
			continue
		}
		f := Finding{
			ID: "service-holds-mounts", Severity: AtRisk,
			Evidence: fmt.Sprintf("%s has %s of containers in a mount namespace of its own, where they stay when the containers end; the first is %s",
				who.words(inode), count(len(paths), "mount"), paths[0]),
			Fix: who.restart(),
		}
		found[f.Evidence] = f
	}
	return inOrder(found), err
}

// processesIn finds the processes in mount namespaces. Those that nobody may look
// at, not even root, are missing: here they are for names only.
func processesIn(ctx context.Context, wanted func(inode uint64) bool) (map[uint64][]int, error) {
	found, err := holder.ByNamespace(ctx, mountns.Threads(), wanted)
	if err != nil && (ctx.Err() != nil || !errors.Is(err, holder.ErrIncomplete)) {
		return found, err
	}
	return found, nil
}

// isGone reports whether a namespace without a process has ended meanwhile.
func isGone(lister *mountns.Lister, inode uint64) bool {
	ns, err := lister.Open(mount.NamespaceID{Inode: inode})
	if err != nil {
		return errors.Is(err, mountns.ErrNoNamespace)
	}
	ns.Close()
	return false
}

// inAreas are the mounts that engines have made for containers, by where they
// are mounted, and the peer groups of everything in their namespaces.
func inAreas(homes []*target.Namespace, areas []spec.Area) (originals map[copied]bool, groups map[uint64]bool) {
	originals, groups = make(map[copied]bool), make(map[uint64]bool)
	for _, ns := range homes {
		for _, m := range ns.Mounts {
			groups[m.PeerGroup] = true
			if !slices.ContainsFunc(areas, func(area spec.Area) bool { return area.Owns(m.Path) }) {
				continue
			}
			originals[copiedFrom(m)] = true
		}
	}
	delete(groups, 0)
	return originals, groups
}

// copied is what a mount and its copies have in common.
type copied struct {
	device mount.Device
	root   string
}

func copiedFrom(m mount.Mount) copied { return copied{m.Device, m.Root} }

// staying are the paths of the copies in a namespace that no unmount of the
// originals reaches. What decides is what a copy is mounted on (propagate_umount
// in fs/pnode.c).
//
// A container has copies of its own mounts; of one that no cgroup tells of, its
// root directory does.
func staying(ns *target.Namespace, originals map[copied]bool, groups map[uint64]bool) []string {
	if root, ok := ns.At("/"); ok && originals[copiedFrom(root)] {
		return nil
	}
	var paths []string
	for _, m := range ns.Mounts {
		if !originals[copiedFrom(m)] || m.Path == "" {
			continue
		}
		on, ok := ns.Parent(m)
		if ok && on.Master == 0 && !groups[on.PeerGroup] {
			paths = append(paths, m.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// resident is who lives in a namespace.
type resident struct {
	holder.Process
	others int
}

// holderOf is the first process of a namespace that can be named, and whether the
// namespace is a container's.
func holderOf(pids []int) (r resident, isContainer bool) {
	for _, pid := range pids {
		p, err := holder.Describe(pid)
		if err != nil {
			continue // it ended
		}
		if p.Container != "" {
			return r, true
		}
		if r.PID == 0 {
			r = resident{p, len(pids) - 1}
		}
	}
	return r, false
}

// words name who lives in a namespace.
func (r resident) words(inode uint64) string {
	id := mount.NamespaceID{Inode: inode}.String()
	switch {
	case r.PID == 0:
		return id + ", in which no process is seen,"
	case r.Unit != "":
		return fmt.Sprintf("%s (pid %d)", r.Unit, r.PID)
	case r.others > 0:
		return fmt.Sprintf("%s (pid %d and %d others)", r.Command, r.PID, r.others)
	default:
		return fmt.Sprintf("%s (pid %d)", r.Command, r.PID)
	}
}

// restart is what makes somebody let go for good.
func (r resident) restart() string {
	const later = "; unbusy takes the copies away when containers end"
	switch {
	case r.PID == 0:
		return "find out what keeps it (lsns --type mnt, ip netns, findmnt --types nsfs) and end that" + later
	case path.Ext(r.Unit) == ".service":
		return fmt.Sprintf("systemctl restart %s, and take MountFlags=private out of it if it has that%s", r.Unit, later)
	default:
		return "restart it" + later
	}
}
