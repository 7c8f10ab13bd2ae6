package spec

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// FuzzEdit checks the edit against a second one that knows nothing of byte
// offsets: the decisions are carried out on the decoded text, and both must
// mean the same. Numbers are compared by their text.
func FuzzEdit(f *testing.F) {
	for _, text := range []string{
		`{}`, `null`, `{"mounts":null}`,
		`{"mounts":[{"source":"/","options":["rbind","rprivate","ro"]},{"source":"/etc/hosts","options":["bind"]}],"linux":{"rootfsPropagation":"private"}}`,
		`{ "linux" : null , "mounts":[ {"options":["\u0072bind","rpri\u0076ate","x"],"source":"\/","n":1.0e5} , null ] }`,
		`{"annotations":{"unbusy.io/propagation":"keep"},"mounts":[{"source":"/","options":["rbind"],"uidMappings":[{}]}]}`,
	} {
		f.Add([]byte(text), true)
		f.Add([]byte(text), false)
	}
	captured, err := filepath.Glob("testdata/captured/*/config.json")
	if err != nil || len(captured) == 0 {
		f.Fatalf("captured specifications: %v, %v", captured, err)
	}
	for _, name := range captured {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, true)
	}

	f.Fuzz(func(t *testing.T, text []byte, crun bool) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		sameMounts(t, d, text)
		h := Host{Areas: hostAreas, Sources: selfSources(d), Runtime: RuntimeRunc}
		if crun {
			h.Runtime = RuntimeCrun
		}
		decisions := Decide(d, h)
		edited := d.Edit(decisions)
		if !Changes(decisions) && !bytes.Equal(text, edited) {
			t.Fatalf("changed without a decision:\n%s\n%s", text, edited)
		}
		want := decodeNumbersAsText(t, text)
		carryOut(t, want, decisions)
		if got := decodeNumbersAsText(t, edited); !reflect.DeepEqual(got, want) {
			t.Fatalf("edited: %s\nof:     %s\ngot  %v\nwant %v", edited, text, got, want)
		}
		again, err := Parse(edited)
		if err != nil {
			t.Fatalf("the edited text does not parse: %v\n%s", err, edited)
		}
		if Changes(Decide(again, h)) {
			t.Fatalf("a second edit would change it again: %s", edited)
		}
	})
}

func decodeNumbersAsText(t *testing.T, text []byte) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v map[string]any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

func carryOut(t *testing.T, spec map[string]any, decisions []Decision) {
	t.Helper()
	for _, d := range decisions {
		switch {
		case d.Action != ActionRewrite:
		case d.Field == "/linux/rootfsPropagation":
			linux, ok := spec["linux"].(map[string]any)
			if !ok {
				linux = map[string]any{}
				spec["linux"] = linux
			}
			linux["rootfsPropagation"] = d.After[0]
		default:
			mounts, ok := spec["mounts"].([]any)
			if !ok {
				t.Fatalf("decision %+v about mounts that are not there", d)
			}
			mount, ok := mounts[d.mount].(map[string]any)
			if !ok {
				t.Fatalf("decision %+v about a mount that is not there", d)
			}
			options := make([]any, len(d.After))
			for i, o := range d.After {
				options[i] = o
			}
			mount["options"] = options
		}
	}
}

// sameMounts compares the mounts of a document with what encoding/json says.
func sameMounts(t *testing.T, d *Document, text []byte) {
	t.Helper()
	var want specs.Spec
	if err := json.Unmarshal(text, &want); err != nil {
		return // a field that does not count is of another type
	}
	if len(d.mounts) != len(want.Mounts) {
		t.Fatalf("%d mounts, want %d, of %s", len(d.mounts), len(want.Mounts), text)
	}
	for i, m := range want.Mounts {
		if len(m.Options) == 0 {
			m.Options = nil
		}
		if !reflect.DeepEqual(d.mounts[i].Mount, m) {
			t.Fatalf("mount %d is %+v, want %+v, of %s", i, d.mounts[i].Mount, m, text)
		}
	}
}
