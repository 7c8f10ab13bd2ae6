package sweep

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// view is what one look at the host found.
type view struct {
	scene cleanup.Scene
	// files keep the namespaces open in which something can be detached.
	files     map[mount.NamespaceID]*os.File
	protected engine.Protected
	// threads returns those that can be in a namespace of the scene.
	threads    func() iter.Seq2[mountns.Thread, error]
	incomplete []string
}

func (v *view) close() {
	for _, f := range v.files {
		f.Close()
	}
}

// look gathers what the rules have to know. Namespaces that cannot be read are
// named in incomplete; an error says that nothing may be decided.
func look(ctx context.Context, lister *mountns.Lister, r Request, threads crowd) (*view, error) {
	v := &view{files: make(map[mount.NamespaceID]*os.File), threads: threads.threads}
	if err := v.namespaces(ctx, lister, r, threads); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *view) namespaces(ctx context.Context, lister *mountns.Lister, r Request, threads crowd) error {
	found, err := v.find(ctx, lister, r, threads)
	defer func() {
		for i := range found {
			found[i].Close()
		}
	}()
	if err != nil {
		return err
	}
	return v.compose(ctx, lister, r, found)
}

// compose makes the scene of the namespaces that were found.
func (v *view) compose(ctx context.Context, lister *mountns.Lister, r Request, found []found) error {
	owned := r.Owned
	shared := false // something is mounted on a mount that passes unmounts on
	v.readTables(ctx, found, owned)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i := range found {
		ns, mounts, err := found[i].Namespace, found[i].mounts, found[i].err
		why, isProtected := v.protected.Why(ns.ID)
		if err != nil {
			// What unmounting does to an engine cannot be told without its table.
			if isProtected {
				return fmt.Errorf("%s, of %s: %w", ns, why, err)
			}
			v.incomplete = append(v.incomplete, err.Error())
			continue
		}
		seen := cleanup.Namespace{ID: ns.ID, Mounts: mounts, Protected: why, UpperDirs: found[i].upperDirs}
		if !isProtected {
			shared = shared || onSharedMount(owned, mounts)
		}
		if err := v.add(ns, &seen); err != nil {
			return err
		}
	}
	inhabitants, err := v.threadRoots(ctx, v.threads())
	if err != nil {
		return err
	}
	if r.Detach {
		if err := v.protectNew(ctx, lister, found, inhabitants, owned); err != nil {
			return err
		}
	}
	own, err := lister.Own()
	if err != nil {
		return err
	}
	defer own.Close()
	v.scene.Engine = v.engineNamespace(own.ID, v.protected, owned)
	if shared {
		v.relays(ctx, lister)
	}
	return nil
}

// share is what one namespace may take of the time that is left: a table that its
// owner has made slow must not keep the others from being looked at.
func share(ctx context.Context) time.Duration {
	const (
		shares = 8
		least  = 5 * time.Millisecond
		most   = 2 * time.Second
	)
	until, ok := ctx.Deadline()
	if !ok {
		return most
	}
	return min(max(time.Until(until)/shares, least), most)
}

// add takes a namespace into the scene.
func (v *view) add(ns *mountns.Namespace, seen *cleanup.Namespace) error {
	file, err := ns.File()
	if err != nil {
		return err
	}
	v.files[ns.ID] = file
	switch inode, err := ns.UserNamespace(); {
	case err == nil:
		own, err := mountns.OwnUserNamespace()
		if err != nil {
			return err
		}
		seen.UserNamespace = inode != own
	case errors.Is(err, os.ErrPermission):
		seen.UserNamespace = true
	}
	v.scene.Namespaces = append(v.scene.Namespaces, *seen)
	return nil
}

// threadRoots finds the root directories of threads, and the processes that may be
// in one of the namespaces that are not protected.
func (v *view) threadRoots(ctx context.Context, threads iter.Seq2[mountns.Thread, error]) (inhabitants []int, err error) {
	at := make(map[uint64]int)
	for i := range v.scene.Namespaces {
		at[v.scene.Namespaces[i].ID.Inode] = i
	}
	wanted := func(inode uint64) bool {
		i, ok := at[inode]
		return ok && v.scene.Namespaces[i].Protected == ""
	}
	roots, err := mountns.ThreadRoots(ctx, noting(threads, wanted, &inhabitants), wanted)
	if err != nil {
		return nil, fmt.Errorf("find the root directories of processes: %w", err)
	}
	for inode, ids := range roots {
		v.scene.Namespaces[at[inode]].Roots = ids
	}
	return inhabitants, nil
}

// engineNamespace tells in which namespace the engine mounted what is owned: one
// that has it, and else ours if an engine lives in it, or another one's.
func (v *view) engineNamespace(own mount.NamespaceID, protected engine.Protected, owned []cleanup.Owned) mount.NamespaceID {
	var fallback mount.NamespaceID
	for i := range v.scene.Namespaces {
		ns := &v.scene.Namespaces[i]
		if !protected.HasEngine(ns.ID) {
			continue
		}
		for j := range ns.Mounts {
			if isOriginal(owned, ns.Mounts[j]) {
				return ns.ID
			}
		}
		if ns.ID.Same(own) || fallback == (mount.NamespaceID{}) {
			fallback = ns.ID
		}
	}
	return fallback
}

// relays collects them from all namespaces: an unmount can reach an engine by
// way of any. One that cannot be read leaves that open.
func (v *view) relays(ctx context.Context, lister *mountns.Lister) {
	for ns, err := range lister.All() {
		if errors.Is(err, mountns.ErrForeign) {
			continue // what is unmounted in ours is not passed on to those
		}
		var mounts []mount.Mount
		if err == nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			mounts, err = ns.Mounts(mountns.Query{Within: share(ctx)})
		}
		if err != nil {
			v.scene.RelaysUnknown = true
			v.incomplete = append(v.incomplete, fmt.Sprintf("find out where unmounts arrive: %v", err))
			return
		}
		v.scene.Relays = append(v.scene.Relays, cleanup.RelaysOf(mounts)...)
	}
}

// onSharedMount reports whether a copy is mounted on a mount with peers.
func onSharedMount(owned []cleanup.Owned, mounts []mount.Mount) bool {
	groups := make(map[uint64]uint64, len(mounts))
	for i := range mounts {
		groups[mounts[i].OldID] = mounts[i].PeerGroup
	}
	for i := range mounts {
		if mayBeCopy(owned, mounts[i]) && groups[mounts[i].OldParent] != 0 {
			return true
		}
	}
	return false
}
