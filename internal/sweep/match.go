package sweep

import (
	"time"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// query asks for mounts that can be copies, the engine's own ones included.
func query(owned []cleanup.Owned) mountns.Query {
	devices := make(map[mountns.Device]bool, len(owned))
	oldest := ^uint64(0)
	for i := range owned {
		devices[owned[i].Device] = true
		oldest = min(oldest, owned[i].UniqueID)
	}
	q := mountns.Query{Device: func(d mountns.Device) bool { return devices[d] }}
	// Without an age one of them can be any.
	if len(owned) > 0 && oldest > 0 {
		q.NewerThan = oldest - 1
	}
	return q
}

// mayBeCopy reports whether a mount that the query found can be a copy of
// something owned.
func mayBeCopy(owned []cleanup.Owned, m mountns.Mount) bool {
	for i := range owned {
		o := &owned[i]
		switch {
		case m.Device != o.Device:
		case o.FSType == "nsfs" && m.Root != o.Root:
		case o.UniqueID != 0 && m.UniqueID != 0 && m.UniqueID < o.UniqueID:
		default:
			return true
		}
	}
	return false
}

// isOriginal reports whether a mount is an engine's own.
func isOriginal(owned []cleanup.Owned, m mountns.Mount) bool {
	for i := range owned {
		if owned[i].IsOriginal(m) {
			return true
		}
	}
	return false
}

// glance is what one namespace may take of the time of Nothing.
const glance = 25 * time.Millisecond

// Nothing reports that no mount namespace has a copy of anything owned. It
// costs some microseconds for each namespace and asks no file system; it is false
// as well if that cannot be found out this way.
func Nothing(lister *mountns.Lister, owned []cleanup.Owned) bool {
	if lister.Proc() {
		return false
	}
	q := query(owned)
	q.Within = glance
	nothing, err := lister.None(q, func(m mountns.Mount) bool { return mayBeCopy(owned, m) && !isOriginal(owned, m) })
	return nothing && err == nil
}
