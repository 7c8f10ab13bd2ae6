package hook

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/spec"
)

// newBundle makes the bundle of podman's container "a", whose shared memory is
// below it, and a configuration that names podman's store.
func newBundle(t *testing.T) (bundle, configuration string) {
	t.Helper()
	store, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bundle = filepath.Join(store, "overlay-containers/a/userdata")
	if err := os.MkdirAll(filepath.Join(bundle, "shm"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(bundle, "config.json"),
		fmt.Sprintf(`{"mounts":[{"destination":"/dev/shm","source":%q,"options":["bind"]}]}`, filepath.Join(bundle, "shm")))
	return bundle, fmt.Sprintf("[[roots]]\nengine = \"podman\"\npath = %q\n", store)
}

func stateOf(bundle, status string) string {
	return fmt.Sprintf(`{"ociVersion":"1.0","id":"a","pid":0,"bundle":%q,"status":%q,"annotations":{}}`, bundle, status)
}

// TestBadState has what no engine writes: nothing of it may harm a container.
func TestBadState(t *testing.T) {
	for _, stage := range []string{"prestart", "createRuntime", "poststop"} {
		for text, about := range map[string]string{
			"":                         "not the state",
			"{\n":                      "not the state",
			"[]":                       "not the state",
			"\x1b[31m\n":               "not the state",
			`{"id":1}`:                 "not the state",
			`{"bundle":"/b"}`:          "of no container",
			`{"id":"a"}`:               "no absolute path",
			`{"id":"a","bundle":"b"}`:  "no absolute path",
			`{"id":"a","bundle":"\n"}`: "no absolute path",
			`{"id":"a","bundle":"/"}` + strings.Repeat(" ", spec.MaxFileSize): "more than",
		} {
			t.Run(stage+" "+about, func(t *testing.T) {
				m := newMachine(t, "")
				got := m.call(strings.NewReader(text), stage)
				if got.status != 0 || got.stdout != "" {
					t.Errorf("%.40q: got %+v", text, got)
				}
				requireLine(t, got.stderr, about)
				requireLine(t, m.events(), about)
			})
		}
	}
}

// TestRecorded has containers that are created: the ones with a record get one,
// and all of them start.
func TestRecorded(t *testing.T) {
	for name, test := range map[string]struct {
		configuration string
		gone          bool // the specification
		want          bool
		event         string
	}{
		"plain":                {want: true},
		"unknown key":          {configuration: "no_such_key = 1\n", want: true},
		"no sweep":             {configuration: "sweep_budget = \"0s\"\n"},
		"broken configuration": {configuration: "sweep_budget = 1\n", event: "sweep_budget"},
		"no specification":     {gone: true, event: "config.json"},
	} {
		for _, stage := range []string{"prestart", "createRuntime"} {
			t.Run(name+" "+stage, func(t *testing.T) {
				bundle, store := newBundle(t)
				m := newMachine(t, test.configuration+store)
				m.shm = filepath.Join(bundle, "shm")
				if test.gone {
					if err := os.Remove(filepath.Join(bundle, "config.json")); err != nil {
						t.Fatal(err)
					}
				}
				if got := m.call(strings.NewReader(stateOf(bundle, "creating")), stage); got != (answer{}) {
					t.Errorf("got %+v", got)
				}
				requireLine(t, m.events(), test.event)
				if test.event != "" {
					requireLine(t, m.events(), `"kind":"failed-closed","program":"unbusy-hook","container":"a","bundle":"`+bundle)
				}
				record, err := cleanup.ReadRecord(bundle, "a")
				if !test.want {
					if !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("got %+v, %v", record, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if len(record.Owned) != 1 || record.Owned[0].Path != m.shm || record.Owned[0].Kind != cleanup.Shm {
					t.Errorf("got %+v", record)
				}
			})
		}
	}
}

// TestMayDetachMounts has a kernel with the switch, which is off.
func TestMayDetachMounts(t *testing.T) {
	for stage, configuration := range map[string]string{"prestart": "", "createRuntime": "sweep_budget = \"0s\"\n"} {
		for _, on := range []bool{true, false} {
			bundle, _ := newBundle(t)
			m := newMachine(t, fmt.Sprintf("may_detach_mounts = %v\n", on)+configuration)
			m.call(strings.NewReader(stateOf(bundle, "creating")), stage)
			value, err := os.ReadFile(filepath.Join(m.sys, "fs/may_detach_mounts"))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(string(value)) == "1"; got != on {
				t.Errorf("%s: the switch is on: %v", stage, got)
			}
		}
	}
}

// TestEnded has containers that own nothing: what is looked at is whether the
// record is used, and that it is used once.
func TestEnded(t *testing.T) {
	for name, test := range map[string]struct {
		configuration string
		id            string // that the record is of, "" for no record
		status        string
		kept          bool
		event         string
	}{
		"stopped":               {id: "a", status: "stopped"},
		"no record":             {status: "stopped"},
		"another's record":      {id: "b", status: "stopped", kept: true, event: `of container`},
		"running":               {id: "a", status: "running", kept: true, event: `running`},
		"status is not told":    {id: "a", kept: true, event: "the runtime says"},
		"no sweep":              {configuration: "sweep_budget = \"0s\"\n", id: "a", status: "stopped", kept: true},
		"broken configuration":  {configuration: "sweep_budget = 1\n", id: "a", status: "stopped", kept: true, event: "sweep_budget"},
		"broken, and no record": {configuration: "sweep_budget = 1\n", status: "stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			bundle, store := newBundle(t)
			m := newMachine(t, test.configuration+store)
			if test.id != "" {
				if err := cleanup.WriteRecord(bundle, cleanup.Record{ID: test.id}); err != nil {
					t.Fatal(err)
				}
			}
			if got := m.call(strings.NewReader(stateOf(bundle, test.status)), "poststop"); got != (answer{}) {
				t.Errorf("got %+v", got)
			}
			_, err := os.Lstat(filepath.Join(bundle, cleanup.RecordName))
			if kept := err == nil; kept != test.kept {
				t.Errorf("the record is kept: %v", kept)
			}
			requireLine(t, m.events(), test.event)
		})
	}
}

// TestEndedWithoutBundle has an engine that removes the bundle first.
func TestEndedWithoutBundle(t *testing.T) {
	m := newMachine(t, "")
	if got := m.call(strings.NewReader(stateOf(filepath.Join(t.TempDir(), "gone"), "stopped")), "poststop"); got != (answer{}) {
		t.Errorf("got %+v", got)
	}
	requireLine(t, m.events(), "")
}
