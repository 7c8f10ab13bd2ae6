package sweep

import (
	"context"
	"fmt"
	"iter"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// protectNew protects what came to be an engine's or a helper's after engines were
// looked for, which was before namespaces were listed: docker-untar can have begun to
// unpack in between. Who was in one of them by the time it was listed is among its
// inhabitants, or gone.
//
// To look at these alone costs next to nothing where something has leaked, and nothing
// elsewhere.
func (v *view) protectNew(ctx context.Context, lister *mountns.Lister, found []found, inhabitants []int, owned []cleanup.Owned) error {
	if len(inhabitants) == 0 {
		return nil
	}
	protected, err := v.protected.LookAgain(ctx, lister, inhabitants)
	if err != nil {
		return err
	}
	v.protected = protected
	ofOwned := query(owned).Device
	for i := range v.scene.Namespaces {
		seen := &v.scene.Namespaces[i]
		why, is := protected.Why(seen.ID)
		if !is || seen.Protected != "" {
			continue
		}
		for j := range found {
			f := &found[j]
			if !f.Same(seen.ID) {
				continue
			}
			// What was read is what is enough where no engine is.
			if v.readTable(ctx, f, owned, ofOwned); ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if f.err != nil {
				return fmt.Errorf("%s, of %s: %w", f, why, f.err)
			}
			seen.Mounts, seen.UpperDirs, seen.Protected = f.mounts, f.upperDirs, why
		}
	}
	return nil
}

// noting notes the processes of which a thread is in a wanted namespace, or may be, as
// the threads are gone through.
func noting(threads iter.Seq2[mountns.Thread, error], wanted func(namespace uint64) bool, pids *[]int) iter.Seq2[mountns.Thread, error] {
	return func(yield func(mountns.Thread, error) bool) {
		for t, err := range threads {
			if n := len(*pids); (err != nil || wanted(t.Namespace)) && (n == 0 || (*pids)[n-1] != t.PID) {
				*pids = append(*pids, t.PID)
			}
			if !yield(t, err) {
				return
			}
		}
	}
}
