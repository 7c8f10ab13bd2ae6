package engines

import (
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

func TestFix(t *testing.T) {
	private := spec.Decision{Action: spec.ActionRewrite, Destination: "/host", Before: []string{"rbind", "ro", "rprivate"}}
	unsaid := spec.Decision{Action: spec.ActionRewrite, Destination: "/run", Before: []string{"rbind"}}
	mapped := spec.Decision{Action: spec.ActionLeave, Source: "/", Destination: "/mapped", Reason: spec.ReasonMapped}
	const again, leaves = "create the container again under unbusy, which mounts ", "mount /mapped with rslave, or less than /: unbusy leaves it as it is ("
	for _, test := range []struct {
		kept []spec.Decision
		want string
	}{
		{[]spec.Decision{private}, again + "/host with rslave instead of rprivate"},
		{[]spec.Decision{unsaid}, again + "/run with rslave instead of private, which is what a bind is that says nothing"},
		{[]spec.Decision{unsaid, private}, again + "/run with rslave instead of private, which is what a bind is that says nothing, /host with rslave instead of rprivate"},
		{[]spec.Decision{mapped}, leaves + string(spec.ReasonMapped) + ")"},
		{[]spec.Decision{mapped, private}, again + "/host with rslave instead of rprivate; " + leaves + string(spec.ReasonMapped) + ")"},
	} {
		if got := fix(test.kept); got != test.want {
			t.Errorf("%+v: %q, want %q", test.kept, got, test.want)
		}
	}
}
