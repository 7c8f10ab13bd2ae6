package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// TestRecordEarly records containers that have no process yet, of which one needs it.
func TestRecordEarly(t *testing.T) {
	for name, test := range map[string]struct {
		namespaces string
		early      bool
	}{
		"the host's network":    {`{"type":"mount"}`, true},
		"a joined network":      {`{"type":"network","path":"/run/netns/pod"}`, true},
		"a network of its own":  {`{"type":"mount"},{"type":"network"}`, false},
		"one of its own, named": {`{"type":"network","path":""}`, false},
	} {
		bundle := t.TempDir()
		text := `{"root":{"path":"rootfs"},"linux":{"namespaces":[` + test.namespaces + `]}}`
		if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		early, err := RecordEarly(Container{ID: "victim", Bundle: bundle})
		if err != nil || early != test.early {
			t.Errorf("%s: %v, %v", name, early, err)
		}
		_, err = cleanup.ReadRecord(bundle, "victim")
		if recorded := !errors.Is(err, fs.ErrNotExist); recorded != test.early {
			t.Errorf("%s: the record: %v", name, err)
		}
	}
	if early, err := RecordEarly(Container{ID: "victim", Bundle: t.TempDir()}); early || err == nil {
		t.Errorf("no specification: %v, %v", early, err)
	}
}

// TestDetachAtCreate starts containers that have what a pod has mounted. What could
// have been detached and stays is logged; what an ordinary container has is not.
func TestDetachAtCreate(t *testing.T) {
	const (
		detached = "detached a copy"
		stays    = "a copy of another container's mount stays"
	)
	for _, test := range []struct {
		name, propagation, commands string // with $V, the volume
		asked                       string // where the specification has the volume, with $V
		left                        int
		log                         []string // what is in its lines
	}{
		{"private", "private", "", "", 0, []string{detached}},
		{"private, asked for", "private", "", "$V/", 1, nil},
		{"private, asked for elsewhere", "private", "", "/data", 0, []string{detached}},
		{"slave", "slave", "", "", 1, nil},
		{"peer", "unchanged", "", "", 1, nil},
		{"bound elsewhere", "private", `mkdir "$V/../../x"; mount --bind "$V" "$V/../../x"; umount "$V"`, "", 0, nil},
		{"something is on it", "private", `mkdir "$V/x"; mount -t tmpfs tmpfs "$V/x"`, "", 1, []string{stays}},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNode(t)
			_, volume := n.sandbox("other")
			n.mount(volume)
			c, _ := n.sandbox("new")
			if test.asked != "" {
				text := fmt.Sprintf(`{"root":{"path":"rootfs"},"mounts":[{"destination":"/proc","source":"proc"},{"destination":%q,"source":%q}]}`,
					strings.Replace(test.asked, "$V", volume, 1), volume)
				if err := os.WriteFile(filepath.Join(c.Bundle, "config.json"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c.Settings.DetachAtCreate = config.DetachOn
			c.Settings.Roots = []config.Root{{Engine: "kubelet", Path: n.kubelet}}
			c.PID = n.agent(test.propagation, "V="+volume+"\n"+test.commands)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			detach, err := Start(c)
			if err != nil || detach == nil {
				t.Fatalf("there is something to detach: %v, %v", detach != nil, err)
			}
			if err := detach(ctx); err != nil {
				t.Error(err)
			}
			if left := n.mounted(c.PID, volume); left != test.left {
				t.Errorf("%d copies are left", left)
			}
			lines := strings.Split(strings.TrimSuffix(n.log.String(), "\n"), "\n")[:strings.Count(n.log.String(), "\n")]
			if len(lines) != len(test.log) {
				t.Fatalf("the log: %s", &n.log)
			}
			for i, want := range test.log {
				if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], "mountpoint="+`"`+volume) {
					t.Errorf("the log has %s", lines[i])
				}
				if want == detached {
					continue
				}
				for _, want := range []string{"pid=" + strconv.Itoa(c.PID), string(cleanup.RefuseCovered)} {
					if !strings.Contains(lines[i], want) {
						t.Errorf("the log does not say %s: %s", want, lines[i])
					}
				}
			}
		})
	}
}

// TestNotDetachedAtCreate has a report of what should not have been left.
func TestNotDetachedAtCreate(t *testing.T) {
	n := &node{t: t}
	c := n.container("new", t.TempDir())
	c.PID = 7
	holder := func(inode uint64, kind cleanup.CopyKind, refusal cleanup.Refusal, path string) sweep.Holder {
		return sweep.Holder{Outcome: cleanup.Outcome{
			Copy: cleanup.Copy{
				Namespace: mount.NamespaceID{Inode: inode}, Mount: mount.Mount{Path: path}, Kind: kind, Refusal: refusal,
			},
			Result: cleanup.Left, Reason: "for the test",
		}}
	}
	err := notDetached(c, 3, sweep.Report{
		Holders: []sweep.Holder{
			holder(3, cleanup.Private, cleanup.Allowed, "/failed"),
			holder(3, cleanup.Private, cleanup.RefuseMayHang, "/refused"),
			holder(3, cleanup.Private, cleanup.RefuseProtected, "/protected"),
			holder(3, cleanup.Slave, cleanup.RefuseNotAsked, "/slave"),
			holder(4, cleanup.Private, cleanup.Allowed, "/elsewhere"),
		},
		Incomplete: []string{"a table is too long"},
	})
	if err == nil || !strings.Contains(err.Error(), "/failed") || strings.Contains(err.Error(), "refused") {
		t.Errorf("%v", err)
	}
	log := n.log.String()
	for _, want := range []string{"mountpoint=/failed", "mountpoint=/refused", "a table is too long", "pid=7", "could not be detached"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s: %s", want, log)
		}
	}
	if got := strings.Count(log, "\n"); got != 3 {
		t.Errorf("the log: %s", log)
	}
	err = notDetached(c, 3, sweep.Report{Aborted: "no engine"})
	if err == nil || !strings.Contains(err.Error(), "nothing was detached: no engine") {
		t.Errorf("%v", err)
	}
}

// TestNetworkOfUnknownDocker records a container of a dockerd of whose exec root only
// the mount table tells.
func TestNetworkOfUnknownDocker(t *testing.T) {
	n := newNode(t)
	bundle, pins := t.TempDir(), filepath.Join(filepath.Dir(n.kubelet), "dock2/netns")
	text := `{"root":{"path":"rootfs"},"linux":{"namespaces":[{"type":"network"}]}}`
	err := errors.Join(os.WriteFile(filepath.Join(bundle, "config.json"), []byte(text), 0o600), os.MkdirAll(pins, 0o700))
	if err != nil {
		t.Fatal(err)
	}
	c := n.container("victim", bundle)
	c.Areas = nil
	c.PID = n.start("unshare", "--net", "cat").Process.Pid
	for name, pid := range map[string]int{"default": os.Getpid(), "0123456789ab": c.PID} {
		pin := filepath.Join(pins, name)
		if err := os.WriteFile(pin, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		n.bind("/proc/"+strconv.Itoa(pid)+"/ns/net", pin)
	}
	owned, err := Record(c)
	if err != nil || len(owned) != 1 || owned[0].Path != filepath.Join(pins, "0123456789ab") {
		t.Errorf("%+v, %v", owned, err)
	}
}
