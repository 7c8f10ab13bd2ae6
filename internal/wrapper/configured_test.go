package wrapper

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigured has configurations with which nothing is recorded or swept:
// the process becomes the runtime.
func TestConfigured(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, for an /etc of its own")
	}
	for _, test := range []struct {
		name, config string
		event        bool // for delete
	}{
		{"off", `sweep_budget = "0s"`, false},
		{"broken", `sweep_budget = `, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, "echo $$")
			if err := os.WriteFile(filepath.Join(f.etc, "unbusy/config.toml"), []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"start", "delete"} {
				command := f.wrapped("sweep", f.args(name))
				got := run(t, command)
				if want := (outcome{stdout: itoa(command.Process.Pid) + "\n"}); got != want {
					t.Errorf("%s: got %+v, want %+v", name, got, want)
				}
				if trace := read(t, f.trace); trace != "" {
					t.Errorf("%s: called:\n%s", name, trace)
				}
				events := read(t, filepath.Join(f.run, "unbusy/events"))
				if failed := strings.Contains(events, `"kind":"failed-closed"`); failed != (test.event && name == "delete") {
					t.Errorf("%s: the events are:\n%s", name, events)
				}
			}
		})
	}
}
