package incidents

import (
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// cause is a finding of unbusy doctor that says why an incident happens: its id,
// and words that its evidence or its fix has.
type cause struct {
	id    string
	words []string
}

// because is a cause.
func because(id string, words ...string) cause { return cause{id, words} }

// requireCauses fails unless doctor, typed on a machine, names all the causes.
func requireCauses(t *testing.T, m *host.Machine, causes ...cause) {
	t.Helper()
	m.InstallUnbusy()
	said, err := m.Try("unbusy", "doctor", "--json")
	if missing, complete := notNamed(t, said, err, causes); len(missing) > 0 || !complete {
		t.Errorf("unbusy doctor has no %v: %v: %s", missing, err, said)
	}
}

// requireCauses fails unless doctor, typed on the node, names all the causes. The
// node has the processes of the whole machine, and what others do there can keep
// doctor from coming to its end: then it is asked again.
func (n *node) requireCauses(causes ...cause) {
	n.t.Helper()
	const times = 6
	for i := range times {
		said, err := exec.CommandContext(n.t.Context(), host.Program(n.t, "unbusy"), "doctor", "--json").Output()
		missing, complete := notNamed(n.t, string(said), err, causes)
		if len(missing) == 0 {
			return
		}
		if complete || i == times-1 {
			n.t.Errorf("unbusy doctor has no %v: %v: %s", missing, err, said)
			return
		}
	}
}

// foretold is requireCauses before the incident, on a host without unbusy: what
// will be the cause can be known.
func foretold(t *testing.T, m *host.Machine, w way, causes ...cause) {
	t.Helper()
	if !w.unbusy {
		requireCauses(t, m, causes...)
	}
}

// foretold is requireCauses before the incident, on a node without unbusy.
func (n *node) foretold(causes ...cause) {
	n.t.Helper()
	if !n.w.unbusy {
		n.requireCauses(causes...)
	}
}

// notNamed are the causes that doctor has not found, and complete says that it has
// looked at everything.
func notNamed(t *testing.T, said string, err error, causes []cause) (missing []cause, complete bool) {
	t.Helper()
	var report struct {
		Findings []struct{ ID, Evidence, Fix string }
	}
	if err := json.Unmarshal([]byte(said), &report); err != nil {
		t.Fatalf("unbusy doctor: %v: %s", err, said)
	}
	for _, c := range causes {
		named := false
		for _, f := range report.Findings {
			text := f.Evidence + "\n" + f.Fix
			named = named || f.ID == c.id && !slices.ContainsFunc(c.words, func(word string) bool { return !strings.Contains(text, word) })
		}
		if !named {
			missing = append(missing, c)
		}
	}
	var status *exec.ExitError
	return missing, errors.As(err, &status) && status.ExitCode() == 1
}
