package main

import (
	"fmt"
	"time"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
)

// docker compares docker run --rm by the runtime that Docker has with one by
// unbusy-runtime, with few and with many mount namespaces on the machine, and says
// how much of that is what any wrapper in Go costs.
func (b *bench) docker() *result.Part {
	h := host.New(b.t)
	const passing = "passing"
	d := h.Dockerd(
		host.DockerRuntime(handler, h.Installed(b.program("unbusy-runtime"), "bin")),
		host.DockerRuntime(passing, h.Installed(b.pass, "bin")),
	)
	image := d.Image()
	by := func(runtime string) contender {
		return contender{name: runtime, run: func() error {
			_, err := d.Try("run", "--rm", "--network", "none", "--runtime", runtime, image, "true")
			return err
		}}
	}
	part := &result.Part{Versions: map[string]string{"Docker": d.Version()}}
	table := result.Table{Title: "docker run --rm", Columns: duelColumns}
	least := result.Table{
		Title:   "docker run --rm by a program in Go that does nothing but become runc, which is the least that a wrapper can cost",
		Columns: []string{"what", "pairs", "without", "with it", "added", "ratio"},
	}
	few, many := b.namespaces[0], b.namespaces[len(b.namespaces)-1]
	var added [2]time.Duration
	for i, namespaces := range []int{few, many} {
		b.t.Logf("    %d namespaces", namespaces)
		c := b.load(of{namespaces: namespaces, mounts: 30})
		ways := []contender{by("runc"), by(handler)}
		if i == 0 {
			ways = append(ways, by(passing))
		}
		took, err := inTurns(b.rounds, ways)
		if err != nil {
			b.t.Fatalf("%v", err)
		}
		c.end()
		what := fmt.Sprintf("docker run --rm, %d namespaces", namespaces)
		fought := between(took[0], took[1])
		table.Rows = append(table.Rows, fought.row(what))
		added[i] = fought.added()
		if i == 0 {
			least.Rows = append(least.Rows, between(took[0], took[2]).row(what))
			part.Bounds = append(part.Bounds, fought.bound("docker run --rm through unbusy-runtime", 1.03))
		}
	}
	part.Tables = append(part.Tables, table, least)
	part.Bounds = append(part.Bounds, perNamespace("docker run --rm, of which the wrapper's delete looks at all", added, few, many))
	return part
}

// maxPerNamespace is what a look through all namespaces may take for each.
const maxPerNamespace = 6 * time.Microsecond

// perNamespace is whether what is added grows slowly enough.
func perNamespace(what string, added [2]time.Duration, few, many int) result.Bound {
	each := float64(added[1]-added[0]) / float64(max(1, many-few))
	return result.Bound{
		What: what, Limit: fmt.Sprintf("≤ %d µs per namespace", maxPerNamespace.Microseconds()),
		Measured: fmt.Sprintf("%.2f µs per namespace (%+.2f ms at %d, %+.2f ms at %d)",
			each/1e3, float64(added[0])/1e6, few, float64(added[1])/1e6, many),
		Held: each <= float64(maxPerNamespace),
	}
}
