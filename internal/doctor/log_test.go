package doctor

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/events"
)

func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	got, err := logAt(path)
	if err != nil || len(got.Findings) != 0 || got.Summary == "" {
		t.Errorf("%+v, %v", got, err)
	}
	for i, e := range []events.Event{
		{Kind: events.FailedOpen, Program: "unbusy-runtime", Container: "first", Error: "one"},
		{Kind: events.FailedClosed, Program: "unbusy-runtime", Bundle: "/run/b", Error: errors.Join(errors.New("two"), errors.New("three")).Error()},
		{Kind: events.FailedOpen, Program: "shim", Container: "last", Error: "four"},
		{Kind: "of a later version", Error: "five"},
	} {
		e.Time = time.Date(2020, 1, 2, 3, 4, i, 0, time.UTC)
		if err := events.Append(path, e); err != nil {
			t.Fatal(err)
		}
	}
	got, err = logAt(path)
	if err != nil {
		t.Fatal(err)
	}
	requireFindings(t, got.Findings,
		"warning failed-open: "+path+": 2 failures after which a container started as if without unbusy; the last one at 2020-01-02T03:04:02Z, shim, container last: four",
		"warning failed-closed: 1 failure after which mounts may be left that unbusy did not detach; the last one at 2020-01-02T03:04:01Z, unbusy-runtime, bundle /run/b: two; three")
	if _, err := logAt(t.TempDir()); err == nil {
		t.Error("a directory was read")
	}
}
