package incidents

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// way is how a host is protected when an incident comes over it.
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

var parts = []part{rewrite, sweep, turnOn}

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

// unaverted is what an incident needs to happen with all of unbusy there: nothing.
// unbusy says who the holder is, and somebody has to ask for more.
var unaverted = [][]part{{}}

// tell tells an incident with the stock engine, with unbusy, and with parts of
// unbusy switched off. The story reports whether the incident was averted. It
// happens without all of the parts in one of the sets of needs.
func tell(t *testing.T, needs [][]part, story func(t *testing.T, w way) (averted bool)) {
	t.Helper()
	requireRow(t, needs)
	ways := []way{{name: "stock"}, {name: "unbusy", unbusy: true}}
	without := needs
	if os.Getenv("MATRIX") == "full" {
		for _, p := range parts {
			one := []part{p}
			if !slices.ContainsFunc(needs, func(set []part) bool { return slices.Equal(set, one) }) {
				without = append(without[:len(without):len(without)], one)
			}
		}
	}
	for _, set := range without {
		if len(set) == 0 {
			continue
		}
		ways = append(ways, way{name: fmt.Sprint("without ", set), unbusy: true, without: set})
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			want := w.unbusy && !slices.ContainsFunc(needs, func(set []part) bool { return containsAll(w.without, set) })
			if averted := story(t, w); averted != want && !t.Failed() {
				t.Errorf("averted: %v, want %v", averted, want)
			}
		})
	}
}

func containsAll(parts, wanted []part) bool {
	return !slices.ContainsFunc(wanted, func(p part) bool { return !slices.Contains(parts, p) })
}
