package shim

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

var errInner = errors.New("the inner call's own")

// newDeletion is one of a container that owns nothing.
func newDeletion(t *testing.T) *deletion {
	t.Helper()
	dir := t.TempDir()
	log := logrus.New()
	log.SetOutput(io.Discard)
	c := container{bundle: filepath.Join(dir, "bundle"), state: filepath.Join(dir, "state")}
	if err := os.Mkdir(c.bundle, 0o700); err != nil {
		t.Fatal(err)
	}
	return &deletion{
		deleter: deleter{runtime: watch(ended{})}, container: c,
		described: describe("a", c, 0, config.Default(), logrus.NewEntry(log)), left: config.Default().SweepBudget,
	}
}

// TestAroundAnswers has the inner call's answer pass, whatever happens.
func TestAroundAnswers(t *testing.T) {
	for _, d := range []*deletion{nil, newDeletion(t)} {
		for _, want := range []error{nil, errInner} {
			calls := 0
			err := d.around(func() error {
				calls++
				return want
			})
			if !errors.Is(err, want) || calls != 1 {
				t.Errorf("%v after %d calls, want %v", err, calls, want)
			}
		}
	}
}

// TestRecordGoes deletes a container with a record: it stays only for what whoever
// is called next may still do.
func TestRecordGoes(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*deletion)
		inner  error
		kept   bool
	}{
		"deleted":     {change: func(*deletion) {}},
		"not deleted": {change: func(*deletion) {}, inner: errInner, kept: true},
		"others of the pod": {change: func(d *deletion) {
			d.ofPod, d.pod.ended = []cleanup.Owned{{Kind: cleanup.Shm, Path: "/shm"}}, func() bool { return false }
		}, kept: true},
		"others of a pod that got more": {change: func(d *deletion) {
			d.lookFor(func() ([]cleanup.Owned, error) { return []cleanup.Owned{{Kind: cleanup.Shm, Path: "/shm"}}, nil })
			d.pod.ended = func() bool { return false }
		}, kept: true},
		"a child left behind":              {change: func(d *deletion) { d.abandoned = true }},
		"a child left behind, not deleted": {change: func(d *deletion) { d.abandoned = true }, inner: errInner},
		"no time": {change: func(d *deletion) {
			d.ofPod, d.pod.ended, d.left = []cleanup.Owned{{Kind: cleanup.Shm, Path: "/shm"}}, func() bool { return true }, 0
		}},
	} {
		d := newDeletion(t)
		test.change(d)
		if err := cleanup.WriteRecord(d.container.bundle, cleanup.Record{ID: "a"}); err != nil {
			t.Fatal(err)
		}
		if err := d.around(func() error { return test.inner }); !errors.Is(err, test.inner) {
			t.Errorf("%s: %v", name, err)
		}
		_, err := cleanup.ReadRecord(d.container.bundle, "a")
		if kept := err == nil; kept != test.kept {
			t.Errorf("%s: the record is kept: %v (%v)", name, kept, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		owned cleanup.Owned
		want  bool
	}{
		{cleanup.Owned{FSType: "overlay", Root: "/", UpperDir: "/u"}, true},
		{cleanup.Owned{FSType: "overlay", Root: "/"}, false}, // its layers can be anywhere
		{cleanup.Owned{FSType: "ext4", Root: "/"}, true},
		{cleanup.Owned{FSType: "ext4", Root: "/snapshots/1"}, false}, // the host's disk does not end
		{cleanup.Owned{FSType: "fuse.fuse-overlayfs", Root: "/"}, false},
		{cleanup.Owned{FSType: "nfs4", Root: "/"}, false},
	} {
		if got := answers(test.owned); got != test.want {
			t.Errorf("%+v: %v", test.owned, got)
		}
	}
}

// TestOwn has a pod's sandbox.
func TestOwn(t *testing.T) {
	owned := []cleanup.Owned{
		{Kind: cleanup.Rootfs, Path: "/elsewhere/rootfs", Device: mount.Device{Minor: 1}},
		{Kind: cleanup.Shm, Path: "/shm"}, {Kind: cleanup.Netns, Path: "/netns"}, {Kind: cleanup.Volume, Path: "/volume"},
	}
	d := newDeletion(t)
	d.own(owned)
	if d.rootfs == nil || d.rootfs.Path != owned[0].Path || d.watch != nil {
		t.Errorf("the root file system is %+v", d.rootfs)
	}
	if len(d.ofPod) != 3 {
		t.Errorf("of the pod are %+v", d.ofPod)
	}
}
