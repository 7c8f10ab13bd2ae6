package hook

import (
	"os"
	"testing"
)

// TestInputWithoutEnd has a caller that never closes its side.
func TestInputWithoutEnd(t *testing.T) {
	for stage, status := range map[string]int{"precreate": exitNoAnswer, "prestart": 0, "createRuntime": 0, "poststop": 0} {
		t.Run(stage, func(t *testing.T) {
			m := newMachine(t, "")
			m.hurry = "yes"
			in, open, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			defer open.Close()
			if _, err := open.WriteString(`{"id":"a","bundle":"/","mounts":[]}`); err != nil {
				t.Fatal(err)
			}
			got := m.call(in, stage)
			if got.status != status || got.stdout != "" {
				t.Errorf("got %+v", got)
			}
			requireLine(t, got.stderr, "read to the end")
		})
	}
}
