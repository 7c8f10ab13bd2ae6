package incidents

import (
	"os"
	"slices"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// way is how a host is protected when an incident comes over it: a column of the
// table.
type way struct {
	name string
	// unbusy says that it is there.
	unbusy bool
	// without are the parts of it that are switched off.
	without []part
}

// part is one of the things that unbusy does.
type part string

const (
	rewrite part = "rewrite"
	sweep   part = "sweep"
	turnOn  part = "may_detach_mounts"
)

// ways are all that are tried.
var ways = []way{
	{name: "stock"},
	{name: "unbusy", unbusy: true},
	{name: "no rewrite", unbusy: true, without: []part{rewrite}},
	{name: "no sweep", unbusy: true, without: []part{sweep}},
	{name: "no may_detach_mounts", unbusy: true, without: []part{turnOn}},
	{name: "only may_detach_mounts", unbusy: true, without: []part{rewrite, sweep}},
}

// settings are unbusy's configuration file.
func (w way) settings() string {
	// How long a sweep takes on a busy machine is not what incidents are about.
	budget := `sweep_budget = "10s"`
	if w.lacks(sweep) {
		budget = `sweep_budget = "0s"`
	}
	if w.lacks(turnOn) {
		return budget + "\nmay_detach_mounts = false"
	}
	return budget
}

func (w way) lacks(p part) bool { return slices.Contains(w.without, p) }

// docker are the options of a daemon that is protected this way.
func (w way) docker(m *host.Machine) []host.MachineDockerOption {
	if !w.unbusy {
		return nil
	}
	m.InstallUnbusy()
	m.Write("/etc/unbusy/config.toml", w.settings()+"\n")
	return []host.MachineDockerOption{host.UnderUnbusy()}
}

// agent are options of docker run for a container that would be rewritten for.
// Rewriting cannot be switched off but for a container that is not under unbusy.
func (w way) agent() []string {
	if w.lacks(rewrite) {
		return []string{"--runtime=runc"}
	}
	return nil
}

// outcome is what came of an incident: a cell of the table.
type outcome string

const (
	happens outcome = "happens"
	averted outcome = "averted"
)

// tell tells the incident that is called like the file that calls it, with the
// stock engine, with unbusy, and with parts of unbusy switched off. The story
// reports whether the incident was averted, and what it reports is compared with
// the table in docs/incidents.md.
//
// Of the ways with a part switched off those are tried without which the
// incident happens, or if there is none the last one; with MATRIX=full all.
func tell(t *testing.T, story func(t *testing.T, w way) (averted bool)) {
	t.Helper()
	t.Parallel()
	tellAs(t, incident(t, ""), story)
}

// tellOnSwitch is tell for an incident on a kernel that has the switch
// fs.may_detach_mounts, as RHEL 7.4's and later do, and has it off.
func tellOnSwitch(t *testing.T, story func(t *testing.T, w way) (averted bool)) {
	t.Helper()
	t.Parallel()
	tellAs(t, incident(t, " (7.4)"), story)
}

func tellAs(t *testing.T, name string, story func(t *testing.T, w way) (averted bool)) {
	t.Helper()
	known := rows(t)[name]
	if known == nil && !*update {
		t.Fatalf("%s has no row for %s", page, name)
	}
	measured := make(row)
	t.Cleanup(func() {
		if *update && !t.Failed() {
			writeRow(t, name, measured)
		}
	})
	for _, w := range ways {
		if !*update && os.Getenv("MATRIX") != "full" && !known.matters(w) {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			got := happens
			if story(t, w) {
				got = averted
			}
			if t.Failed() {
				return
			}
			measured.set(w, got)
			if !*update && got != known[w.name] {
				t.Errorf("%s: with %s %s says that it %s, and it %s", name, w.name, page, known[w.name].words(), got.words())
			}
		})
	}
}

// words are the outcome in a sentence.
func (o outcome) words() string {
	if o == averted {
		return "is averted"
	}
	return string(o)
}

// matters tells whether a way is tried without MATRIX=full.
func (r row) matters(w way) bool {
	single := slices.ContainsFunc(ways, func(w way) bool { return len(w.without) == 1 && r[w.name] == happens })
	switch {
	case len(w.without) == 0:
		return true
	case r["unbusy"] == happens:
		return false
	case len(w.without) == 1:
		return r[w.name] == happens
	default:
		return !single
	}
}
