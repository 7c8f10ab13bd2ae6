package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
)

// examineMounts says what is stuck already.
func examineMounts(ctx context.Context, h *Host) (Result, error) {
	seen, err := h.Seen()
	if err != nil {
		return Result{}, err
	}
	result := Result{Summary: "nothing of an ended container is mounted anywhere"}
	for _, ns := range homesOf(seen) {
		result.Findings = append(result.Findings, aliases(ns, mountDirectories(h.Roots()))...)
	}
	again := false
	lingering, _, err := target.Twice(ctx, func(ctx context.Context) ([]target.Lingering, []target.Skipped, error) {
		if again {
			if seen, err = target.Look(ctx, h.Lister, h.Roots()); err != nil {
				return nil, nil, err
			}
		}
		again = true
		// Of a namespace that cannot be read it is not known what is in use there.
		if len(seen.Incomplete) > 0 {
			return nil, nil, errors.New(seen.Incomplete[0])
		}
		return seen.Lingering(ctx)
	})
	if err != nil {
		return result, fmt.Errorf("look for mounts of ended containers: %w", err)
	}
	stuck, err := whoKeeps(ctx, lingering, func(inode uint64) bool { return isLocked(h.Lister, inode) })
	result.Findings = append(stuck, result.Findings...)
	return result, err
}

// homesOf are the namespaces in which engines mount, our own if none runs.
func homesOf(seen *target.Host) []*target.Namespace {
	homes := engineNamespaces(seen)
	if own := namespaceAt(seen, seen.Own); len(homes) == 0 && own != nil {
		homes = append(homes, own)
	}
	return homes
}

// whoKeeps says who has what lingers: a line for each of them, since one that
// has anything of that kind often has hundreds. locked says of a namespace, by its
// inode number, that nobody can unmount anything in it alone.
func whoKeeps(ctx context.Context, lingering []target.Lingering, locked func(inode uint64) bool) ([]Finding, error) {
	type kept struct {
		mounts int
		first  target.Lingering
	}
	byNamespace := make(map[uint64]kept)
	for _, l := range lingering {
		for _, id := range l.Namespaces() {
			k := byNamespace[id.Inode]
			if k.mounts == 0 {
				k.first = l
			}
			k.mounts++
			byNamespace[id.Inode] = k
		}
	}
	if len(byNamespace) == 0 {
		return nil, nil
	}
	processes, err := processesIn(ctx, func(inode uint64) bool { return byNamespace[inode].mounts > 0 })
	found := make(map[uint64]Finding)
	for inode, k := range byNamespace {
		f := Finding{
			ID: "lingering-mount", Severity: Broken,
			Evidence: fmt.Sprintf("%s still has %s of containers that have ended; the first is %s (%s)",
				keeper(processes[inode], inode), count(k.mounts, "mount"), k.first.Owned.Path, ended(k.first)),
			Fix: "unbusy sweep --all; `unbusy who " + k.first.Owned.Path + "` says more",
		}
		if locked(inode) {
			f.Evidence += ", and locked: in the user namespace that it has them in, nobody can unmount one alone"
			f.Fix = "remove the container, or end who has them; the removal of what they are mounted on takes them away (`unbusy who " + k.first.Owned.Path + "` says more)"
		}
		found[inode] = f
	}
	return inOrder(found), err
}

// isLocked reports whether a mount namespace belongs to another user namespace
// than ours: what came into it with others stays with them (mount_namespaces(7)).
func isLocked(lister *mountns.Lister, inode uint64) bool {
	ns, err := lister.Open(mount.NamespaceID{Inode: inode})
	if err != nil {
		return false // it ended
	}
	defer ns.Close()
	own, err := mountns.OwnUserNamespace()
	if err != nil {
		return false
	}
	owner, err := ns.UserNamespace()
	return errors.Is(err, fs.ErrPermission) || err == nil && owner != own
}

// ended says whose a lingering mount was.
func ended(l target.Lingering) string {
	what := "its container"
	if l.Container != "" {
		what = "container " + l.Container
	}
	if l.State == target.Gone {
		return what + " is gone"
	}
	return what + " is stopped"
}

// keeper names who lives in a namespace, be it a container.
func keeper(pids []int, inode uint64) string {
	for _, pid := range pids {
		p, err := holder.Describe(pid)
		if err != nil {
			continue // it ended
		}
		if p.Container != "" {
			return fmt.Sprintf("container %s (pid %d, %s)", p.Container, p.PID, p.Command)
		}
		return resident{p, len(pids) - 1}.words(inode)
	}
	return resident{}.words(inode)
}
