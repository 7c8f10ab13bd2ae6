package lifecycle

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// TestVolumeMountedAnew has a volume of a pod unmounted and mounted again while the
// pod runs. Copies of both mounts end with the pod.
func TestVolumeMountedAnew(t *testing.T) {
	for _, test := range []struct {
		name, namespaces string
		held             bool
	}{
		{"the former one is gone", config.NamespacesAuto, false},
		{"the former one is held", config.NamespacesAuto, true},
		{"the former one is gone, by /proc", config.NamespacesProc, false},
		{"the former one is held, by /proc", config.NamespacesProc, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNode(t)
			c, volume := n.sandbox("victim")
			c.Settings.Namespaces = test.namespaces
			n.mount(volume)
			recorded, err := Record(c)
			if err != nil || len(recorded) != 1 {
				t.Fatalf("recorded %+v, %v", recorded, err)
			}
			var agents []int
			if test.held {
				agents = append(agents, n.agent("private", ""))
			}
			n.unmount(volume)
			n.mount(volume)
			agents = append(agents, n.agent("private", ""))

			owned, err := OwnedBefore(c)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := Sweep(ctx, c, owned); err != nil {
				t.Error(err)
			}
			for i, pid := range agents {
				if left := n.mounted(pid, volume); left != 0 {
					t.Errorf("agent %d has %d copies left; the log: %s", i, left, &n.log)
				}
			}
			if n.mounted(os.Getpid(), volume) != 1 {
				t.Error("the host has lost the volume")
			}
		})
	}
}

// TestVolumeStays has the mount of a volume as it was when it was recorded: that is
// what counts, once.
func TestVolumeStays(t *testing.T) {
	n := newNode(t)
	c, volume := n.sandbox("victim")
	n.mount(volume)
	recorded, err := Record(c)
	if err != nil || len(recorded) != 1 {
		t.Fatalf("recorded %+v, %v", recorded, err)
	}
	owned, err := OwnedBefore(c)
	if err != nil || len(owned) != 1 || owned[0] != recorded[0] {
		t.Errorf("recorded %+v, owned %+v, %v", recorded, owned, err)
	}
}

// TestSameMount compares a mount that was recorded with one at its path.
func TestSameMount(t *testing.T) {
	recorded := cleanup.Owned{Path: "/v", Device: mount.Device{Major: 7}, Root: "/", UniqueID: 5, OldID: 40}
	for name, test := range map[string]struct {
		old    bool // the kernel has no unique ids
		change func(now *cleanup.Owned)
		same   bool
	}{
		"as it was":                 {change: func(*cleanup.Owned) {}, same: true},
		"mounted anew":              {change: func(now *cleanup.Owned) { now.UniqueID = 9 }},
		"its id was not told":       {change: func(now *cleanup.Owned) { now.UniqueID = 0 }, same: true},
		"another, which is unknown": {change: func(now *cleanup.Owned) { now.UniqueID, now.OldID = 0, 41 }},
		"another device":            {change: func(now *cleanup.Owned) { now.UniqueID, now.Device.Minor = 9, 1 }},
		"old kernel, as it was":     {old: true, change: func(*cleanup.Owned) {}, same: true},
		"old kernel, mounted anew":  {old: true, change: func(now *cleanup.Owned) { now.OldID = 41 }},
		"old kernel, other device":  {old: true, change: func(now *cleanup.Owned) { now.Device.Minor = 1 }},
		"elsewhere":                 {change: func(now *cleanup.Owned) { now.Path = "/w" }},
	} {
		known := recorded
		if test.old {
			known.UniqueID = 0
		}
		now := known
		test.change(&now)
		if got := sameMount(known, now); got != test.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}
