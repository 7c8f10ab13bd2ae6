package main

import (
	"fmt"
	"time"
)

// timeContainers times containers from their creation to their deletion. It goes
// on as long as chance alone may decide on which side of a limit they are. namespaces is how
// many others there are on the machine.
//
// All lives are those of one container: its root file system is prepared before,
// and is the same for both shims.
func (e *engine) timeContainers(o options, namespaces int) []row {
	e.t.Helper()
	where := fmt.Sprintf(", %d namespaces", namespaces)
	e.t.Logf("==> time containers%s", where)
	before := loadAverage()
	subject := e.container("timed")
	defer e.remove(subject)
	lives, err := enough(o.pairs, o.most, func(_, which int) (life, error) {
		l, err := e.live(subject, which)
		if err != nil {
			err = fmt.Errorf("a container under %s: %w", names[which], err)
		}
		return l, err
	}, func(lives [][2]life) bool {
		return !part(lives, whole).ratio().leavesOpen(maxTime) &&
			!part(lives, deleting).added().leavesOpen(float64(maxDelete))
	})
	if err != nil {
		e.t.Fatalf("%v", err)
	}
	rows := []row{heading(fmt.Sprintf("%d pairs of containers%s, %s", len(lives), where, underLoad(before)))}
	for p, name := range partNames {
		took, name := part(lives, p), name+where
		switch p {
		case whole:
			rows = append(rows, ratioRow(name, took))
		case deleting:
			r := addedRow(name, took, maxDelete)
			r.among, r.grows = namespaces, "a container's delete"
			rows = append(rows, r)
		default:
			rows = append(rows, addedRow(name, took, 0))
		}
	}
	return rows
}

// part is how long one part of each life took.
func part(lives [][2]life, which int) pairs {
	took := make(pairs, 0, len(lives))
	for _, l := range lives {
		took = append(took, [2]time.Duration{l[stock][which], l[ours][which]})
	}
	return took
}
