package incidents

import (
	"os"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// way is how a host is protected when an incident comes over it.
type way struct {
	name string
	// unbusy says that it is there.
	unbusy bool
	// without is the part of it that is switched off, "" for none.
	without part
}

// part is one of the things that unbusy does.
type part string

const (
	rewrite part = "rewrite"
	sweep   part = "sweep"
	turnOn  part = "may_detach_mounts"
)

var parts = []part{rewrite, sweep, turnOn}

// settings are unbusy's configuration file. What is rewritten cannot be switched
// off there but for containers that ask for it.
func (w way) settings() string {
	switch w.without {
	case sweep:
		return `sweep_budget = "0s"`
	case turnOn:
		return `may_detach_mounts = false`
	}
	// How long a sweep takes on a busy machine is not what incidents are about.
	return `sweep_budget = "10s"`
}

// docker are the options of a daemon that is protected this way.
func (w way) docker(m *host.Machine) []host.MachineDockerOption {
	if !w.unbusy {
		return nil
	}
	m.InstallUnbusy()
	m.Write("/etc/unbusy/config.toml", w.settings()+"\n")
	return []host.MachineDockerOption{host.UnderUnbusy()}
}

// keep are the options of docker run for a container that is not rewritten for.
func (w way) keep() []string {
	if w.without == rewrite {
		return []string{"--annotation", "unbusy.io/propagation=keep"}
	}
	return nil
}

// tell tells an incident with the stock engine, with unbusy, and with each part
// of unbusy switched off, one at a time. The story reports whether the incident
// did not happen; needs are the parts without which it happens.
func tell(t *testing.T, needs []part, story func(t *testing.T, w way) (averted bool)) {
	t.Helper()
	ways := []way{{name: "stock"}, {name: "unbusy", unbusy: true}}
	for _, p := range parts {
		if os.Getenv("MATRIX") == "full" || needed(needs, p) {
			ways = append(ways, way{name: "without " + string(p), unbusy: true, without: p})
		}
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			want := w.unbusy && !needed(needs, w.without)
			if averted := story(t, w); averted != want && !t.Failed() {
				t.Errorf("averted: %v, want %v", averted, want)
			}
		})
	}
}

func needed(needs []part, p part) bool {
	for _, n := range needs {
		if n == p {
			return true
		}
	}
	return false
}
