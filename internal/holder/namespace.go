package holder

import (
	"context"
	"iter"
	"slices"

	"github.com/unbusy/unbusy/internal/mountns"
)

// ByNamespace finds the processes of which one of the threads is in a mount namespace that
// wanted says so of, by its inode number: in ascending order, each once. Those that
// begin, move or end meanwhile may be there or not.
//
// What was found is returned also with an error, which satisfies errors.Is(err,
// ErrIncomplete).
func ByNamespace(ctx context.Context, threads iter.Seq2[mountns.Thread, error], wanted func(inode uint64) bool) (map[uint64][]int, error) {
	found := make(map[uint64][]int)
	var missed missed
	for t, err := range threads {
		if ended := context.Cause(ctx); ended != nil {
			missed.add(0, ended)
			break
		}
		switch {
		case err != nil:
			missed.add(t.PID, err)
		case wanted(t.Namespace):
			// The threads of a process come one after the other.
			pids := found[t.Namespace]
			if len(pids) == 0 || pids[len(pids)-1] != t.PID {
				found[t.Namespace] = append(pids, t.PID)
			}
		}
	}
	for _, pids := range found {
		slices.Sort(pids)
	}
	return found, missed.err()
}
