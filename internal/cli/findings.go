package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// wouldDetach is the result of a dry run for what a sweep would detach.
const wouldDetach cleanup.Result = "would-detach"

// findings are what was found of a target, and what became of it.
type findings struct {
	target target.Target
	// holders are all mounts, in a fixed order.
	holders []sweep.Holder
	// users are the processes that no holder's namespace explains.
	users      []user
	incomplete []string
}

// user is a process that has something of a superblock open.
type user struct {
	holder.Process
	uses []holder.Use
}

// action says what is to be done about what is found.
type action struct {
	detach, dryRun, leaf, host, proc bool
	// looker is the process that looks, nil to start one.
	looker *looker
	// near leaves out processes that see no mount of the target, and here says that
	// its engine is in our own namespace.
	near, here bool
}

// examine looks for a target, and detaches what the action says.
func examine(ctx context.Context, t target.Target, a action) (findings, error) {
	f := findings{target: t, incomplete: t.Incomplete}
	if len(t.Owned) == 0 {
		return f, nil
	}
	request := sweep.Request{
		Owned: t.Owned, ByPlace: t.ByPlace && !t.Unsure, InUse: t.InUse, Name: sweep.NameAlways, Proc: a.proc,
		Detach: a.detach && !a.dryRun,
		// A device number that nobody has now can be somebody else's in a moment,
		// and one that backs other things says nothing about what is mounted.
		Leaf: a.leaf && !t.Unsure && len(t.Shared) == 0,
		Host: a.host && !t.Unsure && len(t.Shared) == 0,
	}
	if a.near {
		request.Name, request.Near = sweep.NameNear, a.here
	}
	report, err := carryOut(ctx, request, a.looker)
	if err != nil {
		return f, err
	}
	for _, what := range report.Incomplete {
		if !slices.Contains(f.incomplete, what) {
			f.incomplete = append(slices.Clip(f.incomplete), what)
		}
	}
	f.holders = unique(report.Holders)
	if a.dryRun {
		for i := range f.holders {
			if h := &f.holders[i]; h.Copy.Refusal == cleanup.Allowed {
				h.Result = wouldDetach
			}
		}
	}
	f.users = f.unexplained(report)
	return f, nil
}

// carryOut runs a request, and makes an error of one that could not be carried
// out.
func carryOut(ctx context.Context, request sweep.Request, l *looker) (sweep.Report, error) {
	if l == nil {
		l = newLooker()
		defer l.close()
	}
	report, err := l.run(ctx, request)
	switch {
	case errors.Is(err, sweep.ErrAbandoned) && request.Detach:
		return report, fmt.Errorf("%w; some of it may be detached", err)
	case err != nil:
		return report, err
	case report.Aborted != "" && request.Detach:
		return report, fmt.Errorf("nothing was detached: %s", report.Aborted)
	case report.Aborted != "":
		return report, errors.New(report.Aborted)
	}
	return report, nil
}

// rank orders what a mount can be to several owned ones of the same device: it
// is a leaf of all but one.
func rank(kind cleanup.CopyKind) int {
	return slices.Index([]cleanup.CopyKind{
		cleanup.Original, cleanup.InUse, cleanup.Peer, cleanup.Private, cleanup.Slave, cleanup.Locked, cleanup.Alias, cleanup.Leaf,
	}, kind)
}

// unique has each mount once, by namespace and by path.
func unique(holders []sweep.Holder) []sweep.Holder {
	type key struct {
		namespace mount.NamespaceID
		mount     uint64
	}
	index := make(map[key]int, len(holders))
	var once []sweep.Holder
	for _, h := range holders {
		k := key{h.Copy.Namespace, h.Copy.Mount.OldID}
		i, known := index[k]
		switch {
		case !known:
			index[k] = len(once)
			once = append(once, h)
		case rank(h.Copy.Kind) < rank(once[i].Copy.Kind):
			once[i] = h
		}
	}
	slices.SortFunc(once, func(a, b sweep.Holder) int {
		return cmp.Or(cmp.Compare(a.Copy.Namespace.Inode, b.Copy.Namespace.Inode),
			cmp.Compare(a.Copy.Mount.Path, b.Copy.Mount.Path), cmp.Compare(a.Copy.Mount.OldID, b.Copy.Mount.OldID))
	})
	return once
}

// holds reports whether a mount is somebody's who holds the target: neither the
// engine nor, as long as it runs, the container itself.
func (f *findings) holds(h *sweep.Holder) bool {
	return h.Copy.Kind != cleanup.Original && !f.isOwn(h.Copy.Namespace)
}

// isOwn reports whether a namespace is one that the target's container, or its
// pod, runs in: what is mounted there is what it was started with.
func (f *findings) isOwn(id mount.NamespaceID) bool {
	if f.target.State != target.Running {
		return false
	}
	for i := range f.holders {
		h := &f.holders[i]
		if !h.Copy.Namespace.Same(id) {
			continue
		}
		if h.Copy.Kind == cleanup.InUse {
			return true
		}
		for _, p := range h.Processes {
			if p.Container != "" && p.Container == f.target.Container.ID || p.Pod != "" && p.Pod == f.target.PodUID {
				return true
			}
		}
	}
	return false
}

// unexplained are the processes that use the target's files without being in
// a namespace that holds it and is named.
func (f *findings) unexplained(report sweep.Report) []user {
	explained := make(map[string]bool)
	for i := range f.holders {
		h := &f.holders[i]
		// In an engine's namespace are all processes of the host.
		if h.Copy.Kind == cleanup.Original || h.Copy.Kind == cleanup.Alias || h.Copy.Refusal == cleanup.RefuseProtected {
			continue
		}
		if h.Result == cleanup.Left || h.Result == wouldDetach {
			explained[h.Copy.Namespace.String()] = true
		}
	}
	var users []user
	index := make(map[int]int)
	for _, u := range report.Uses {
		if f.target.Shared[u.Device] {
			continue
		}
		i, known := index[u.PID]
		if !known {
			// Of a process that ended meanwhile there is no link, and nothing to say.
			link, err := os.Readlink("/proc/" + strconv.Itoa(u.PID) + "/ns/mnt")
			if errors.Is(err, os.ErrNotExist) || explained[link] {
				continue
			}
			i = len(users)
			index[u.PID] = i
			users = append(users, user{Process: processOf(report.Users, u.PID)})
		}
		users[i].uses = append(users[i].uses, u)
	}
	slices.SortFunc(users, func(a, b user) int { return cmp.Compare(a.PID, b.PID) })
	return users
}

func processOf(known []holder.Process, pid int) holder.Process {
	for _, p := range known {
		if p.PID == pid {
			return p
		}
	}
	return holder.Process{PID: pid}
}

// held reports whether anybody holds the target, or, after a sweep, still does.
func (f *findings) held() bool {
	for i := range f.holders {
		if h := &f.holders[i]; h.Result == cleanup.Left && f.holds(h) {
			return true
		}
	}
	return len(f.users) > 0
}
