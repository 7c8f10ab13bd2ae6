package target

import (
	"context"
	"testing"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestNear looks at when our own namespace says enough about a container.
func TestNear(t *testing.T) {
	const part = "30 20 0:50 /part /var/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n"
	old := cleanup.Owned{
		Path: "/var/lib/docker/overlay2/" + layer + "/merged", Tail: "overlay2/" + layer + "/merged",
		Device: Device{Minor: 51}, Root: "/", FSType: "overlay", UniqueID: 900,
	}
	for _, test := range []struct {
		name   string
		own    string
		says   ask.Answer
		record []cleanup.Owned
		want   bool
	}{
		{"it runs", overlay, ask.Running, nil, true},
		{"it is stopped and mounted", overlay, ask.Stopped, nil, true},
		{"it is not mounted", "", ask.Stopped, nil, false},
		{"its engine has forgotten it", overlay, ask.NoSuch, nil, false},
		{"its engine cannot tell", overlay, ask.Unknown, nil, false},
		{"a part of a file system", part, ask.Running, nil, false},
		{"something was recorded that is not here", overlay, ask.Running, []cleanup.Owned{old}, false},
	} {
		// What a record says of a container does not count for a path.
		for _, word := range []string{id, "/var/lib/docker/overlay2/" + layer + "/merged"} {
			if word != id && test.record != nil {
				continue
			}
			t.Run(test.name+" "+word[:4], func(t *testing.T) {
				bundle := t.TempDir()
				if test.record != nil {
					if err := cleanup.WriteRecord(bundle, cleanup.Record{ID: id, Owned: test.record}); err != nil {
						t.Fatal(err)
					}
				}
				h := newHost(t, rootLine+test.own)
				h.containers = []Container{{ID: id, Engine: roots.Docker, Keys: []string{layer}, Dirs: []string{"/dir"}, Bundles: []string{bundle}}}
				h.Ask = func(context.Context, string) (ask.Owner, error) {
					return ask.Owner{Container: id, State: test.says}, nil
				}
				target, ok := h.near(t.Context(), word)
				if ok != test.want {
					t.Fatalf("%v, want %v: %s", ok, test.want, describe(target, nil))
				}
				if ok && (len(target.Owned) != 1 || target.Owned[0].UniqueID != 1030 || target.Name != word || target.Container.ID != id) {
					t.Errorf("%+v", target)
				}
			})
		}
	}
	h := newHost(t, rootLine+overlay)
	for _, word := range []string{"/", "/nowhere", "/var/lib/docker/overlay2/" + layer, "/proc/self/ns/net"} {
		if target, ok := h.near(t.Context(), word); ok {
			t.Errorf("%s: %s", word, describe(target, nil))
		}
	}
	for _, word := range []string{"", "web", id[:11], "x" + id} {
		if _, ok := Near(t.Context(), nil, nil, word); ok {
			t.Errorf("%q is an identifier", word)
		}
	}
}

// TestNearLooksAtOneNamespace has a host whose other namespaces are never read.
func TestNearLooksAtOneNamespace(t *testing.T) {
	lister := mountns.NewLister()
	h, err := lookNear(lister, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Namespaces) != 1 || len(h.Namespaces[0].Mounts) == 0 || h.at(h.Own) == nil {
		t.Errorf("%d namespaces", len(h.Namespaces))
	}
	if _, ok := Near(t.Context(), lister, nil, id); ok {
		t.Error("a container of no engine is known")
	}
}
