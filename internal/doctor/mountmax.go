package doctor

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/unbusy/unbusy/internal/target"
)

// nearness is how much of the limit may be used, in percent.
const nearness = 90

// mountLimit is how many mounts a mount namespace may have.
func mountLimit(proc string) (int, error) {
	name := filepath.Join(proc, "sys/fs/mount-max")
	text, err := readWord(name)
	if err != nil {
		return 0, err
	}
	limit, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return limit, nil
}

// nearLimit finds the namespaces that have nearly as many mounts as they may. One
// that gets its mounts from an engine's makes that one's fail as well: the kernel
// counts in all of them before it mounts in any (attach_recursive_mnt in
// fs/namespace.c).
func nearLimit(seen *target.Host, limit int) []Finding {
	found := make(map[uint64]Finding)
	for i := range seen.Namespaces {
		ns := &seen.Namespaces[i]
		n := len(ns.Mounts)
		if n < limit/100*nearness+limit%100*nearness/100 {
			continue
		}
		f := Finding{
			ID: "near-mount-max", Severity: AtRisk,
			Evidence: fmt.Sprintf("%s has %d mounts, of %d that fs.mount-max allows", ns.ID, n, limit),
			Fix:      fmt.Sprintf("find out who makes them (lsns --type mnt has its processes), and until then: sysctl -w fs.mount-max=%d", 2*limit),
		}
		if n >= limit {
			f.Severity = Broken
		}
		switch {
		case ns.Protected != "":
			f.Evidence += "; " + ns.Protected + " lives there, and containers will fail to start"
		case receives(ns):
			f.Evidence += "; it gets its mounts from another one, where mounting will fail as well"
		}
		found[ns.ID.Inode] = f
	}
	return inOrder(found)
}

// receives reports whether mounts arrive in a namespace from another one.
func receives(ns *target.Namespace) bool {
	root, ok := ns.At("/")
	if ok && root.Master != 0 {
		return true
	}
	for i := range ns.Mounts {
		if ns.Mounts[i].Master != 0 {
			return true
		}
	}
	return false
}
