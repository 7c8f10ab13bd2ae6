package engines

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

func TestKeptIn(t *testing.T) {
	covers := []spec.Cover{{}}
	mounts := []mount.Mount{
		{Path: "/private"}, {Path: "/slave", Master: 1}, {Path: "/shared", PeerGroup: 2},
		{Path: "/over", Master: 1}, {Path: "/over"}, {Path: "/under"}, {Path: "/under", Master: 1},
	}
	for _, test := range []struct {
		decision spec.Decision
		want     bool
	}{
		{spec.Decision{Destination: "/private", Covers: covers}, true},
		{spec.Decision{Destination: "private/", Covers: covers}, true},
		// What it says, and what is.
		{spec.Decision{Destination: "/private", Covers: covers, Reason: spec.ReasonReceives}, true},
		{spec.Decision{Destination: "/slave", Covers: covers}, false},
		{spec.Decision{Destination: "/shared", Covers: covers}, false},
		{spec.Decision{Destination: "/over", Covers: covers}, true},
		{spec.Decision{Destination: "/under", Covers: covers}, false},
		{spec.Decision{Destination: "/gone", Covers: covers}, false},
		{spec.Decision{Destination: "/private"}, false},
		{spec.Decision{Field: "/linux/rootfsPropagation"}, false},
	} {
		if got := len(keptIn([]spec.Decision{test.decision}, mounts)) == 1; got != test.want {
			t.Errorf("%+v: %v", test.decision, got)
		}
	}
}

func TestChange(t *testing.T) {
	for _, test := range []struct {
		decision spec.Decision
		want     string
	}{
		{spec.Decision{Action: spec.ActionRewrite, Destination: "/host", Before: []string{"rbind", "ro", "rprivate"}}, "mounts /host with rslave instead of rprivate"},
		{spec.Decision{Action: spec.ActionRewrite, Destination: "/host", Before: []string{"rbind"}}, "instead of private, which is"},
		{spec.Decision{Action: spec.ActionLeave, Source: "/", Destination: "/host", Reason: spec.ReasonMapped}, "unbusy leaves it as it is (" + string(spec.ReasonMapped) + ")"},
	} {
		if got := change(test.decision); !strings.Contains(got, test.want) {
			t.Errorf("%+v: %q", test.decision, got)
		}
	}
}
