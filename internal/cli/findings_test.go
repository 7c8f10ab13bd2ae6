package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// in is a mount in a namespace.
func in(namespace uint64, path string, kind cleanup.CopyKind, result cleanup.Result) sweep.Holder {
	return sweep.Holder{Outcome: cleanup.Outcome{
		Copy: cleanup.Copy{
			Namespace: mount.NamespaceID{Inode: namespace}, Kind: kind,
			Mount: mount.Mount{OldID: uint64(len(path)), Path: path},
		},
		Result: result,
	}}
}

// by adds a process.
func by(h sweep.Holder, p holder.Process) sweep.Holder {
	h.Processes = append(h.Processes, p)
	return h
}

func TestHeld(t *testing.T) {
	own := by(in(3, "/dev/shm", cleanup.Leaf, cleanup.Left), holder.Process{PID: 7, Container: "3f2a"})
	podOwn := by(in(3, "/dev/shm", cleanup.Leaf, cleanup.Left), holder.Process{PID: 7, Container: "other", Pod: "uid"})
	for _, test := range []struct {
		name    string
		state   target.State
		holders []sweep.Holder
		users   int
		want    bool
	}{
		{"nothing", target.Running, nil, 0, false},
		{"the engine's own", target.Running, []sweep.Holder{in(1, "/a", cleanup.Original, cleanup.Left)}, 0, false},
		{"its own root", target.Running, []sweep.Holder{in(3, "/", cleanup.InUse, cleanup.Left)}, 0, false},
		{
			"its own shared memory", target.Running,
			[]sweep.Holder{in(3, "/", cleanup.InUse, cleanup.Left), in(3, "/dev/shm", cleanup.Leaf, cleanup.Left)}, 0, false,
		},
		{"its own shared memory, without a root", target.Running, []sweep.Holder{own}, 0, false},
		{"that of its pod", target.Running, []sweep.Holder{podOwn}, 0, false},
		{"its own, and it is stopped", target.Stopped, []sweep.Holder{own}, 0, true},
		{"a root that lives on", target.Gone, []sweep.Holder{in(3, "/", cleanup.InUse, cleanup.Left)}, 0, true},
		{"an agent", target.Running, []sweep.Holder{in(4, "/a", cleanup.Private, cleanup.Left)}, 0, true},
		{"no container at all", "", []sweep.Holder{in(4, "/a", cleanup.Leaf, cleanup.Left)}, 0, true},
		{"an agent that was swept", target.Stopped, []sweep.Holder{in(4, "/a", cleanup.Private, cleanup.Detached)}, 0, false},
		{"one that went", target.Stopped, []sweep.Holder{in(4, "/a", cleanup.Private, cleanup.Gone)}, 0, false},
		{"one that would be swept", target.Stopped, []sweep.Holder{in(4, "/a", cleanup.Private, wouldDetach)}, 0, false},
		{"a process", target.Stopped, nil, 1, true},
	} {
		f := findings{target: target.Target{State: test.state, PodUID: "uid"}, holders: test.holders, users: make([]user, test.users)}
		f.target.Container.ID = "3f2a"
		if got := f.held(); got != test.want {
			t.Errorf("%s: held is %v", test.name, got)
		}
	}
	// Nobody's container is not everybody's.
	f := findings{target: target.Target{State: target.Running}, holders: []sweep.Holder{
		by(in(4, "/a", cleanup.Private, cleanup.Left), holder.Process{PID: 7}),
	}}
	if !f.held() {
		t.Error("a process without a container is taken for the target's own")
	}
}

func TestUnique(t *testing.T) {
	got := unique([]sweep.Holder{
		in(2, "/b", cleanup.Leaf, cleanup.Left), in(2, "/b", cleanup.Private, cleanup.Detached), in(2, "/b", cleanup.Leaf, cleanup.Left),
		in(3, "/b", cleanup.Leaf, cleanup.Left), in(1, "/c", cleanup.Slave, cleanup.Left), in(2, "/aa", cleanup.Alias, cleanup.Left),
	})
	var words []string
	for _, h := range got {
		words = append(words, h.Copy.Namespace.String()+h.Copy.Mount.Path+" "+string(h.Copy.Kind))
	}
	text := strings.Join(words, "; ")
	if want := "mnt:[1]/c slave; mnt:[2]/aa alias; mnt:[2]/b private; mnt:[3]/b leaf"; text != want {
		t.Errorf("%s, want %s", text, want)
	}
}

// TestUnexplained has this very process as one that uses files.
func TestUnexplained(t *testing.T) {
	link, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	var ours uint64
	for _, c := range link {
		if c >= '0' && c <= '9' {
			ours = ours*10 + uint64(c-'0')
		}
	}
	device := mount.Device{Minor: 50}
	report := sweep.Report{
		Uses:  []holder.Use{{PID: os.Getpid(), What: "cwd", Device: device}, {PID: os.Getpid(), What: "fd 7", Device: device}},
		Users: []holder.Process{{PID: os.Getpid(), Command: "test"}},
	}
	protected := in(ours, "/a", cleanup.Private, cleanup.Left)
	protected.Copy.Refusal = cleanup.RefuseProtected
	for _, test := range []struct {
		name   string
		holder sweep.Holder
		shared bool
		want   int
	}{
		{"explained", in(ours, "/a", cleanup.Private, cleanup.Left), false, 0},
		{"in a dry run", in(ours, "/a", cleanup.Private, wouldDetach), false, 0},
		{"after a sweep", in(ours, "/a", cleanup.Private, cleanup.Detached), false, 1},
		{"elsewhere", in(ours+1, "/a", cleanup.Private, cleanup.Left), false, 1},
		{"in the engine's namespace", in(ours, "/a", cleanup.Original, cleanup.Left), false, 1},
		{"beside the engine", in(ours, "/a", cleanup.Alias, cleanup.Left), false, 1},
		{"in a protected namespace", protected, false, 1},
		{"on the host's disk", in(ours+1, "/a", cleanup.Private, cleanup.Left), true, 0},
	} {
		f := findings{holders: []sweep.Holder{test.holder}, target: target.Target{Shared: map[mount.Device]bool{device: test.shared}}}
		users := f.unexplained(report)
		if len(users) != test.want || test.want == 1 && (len(users[0].uses) != 2 || users[0].Command != "test") {
			t.Errorf("%s: %+v", test.name, users)
		}
	}
}

// full are findings with something of everything.
func full() findings {
	f := findings{
		target: target.Target{
			Name: "web", Type: target.OfContainer, State: target.Stopped,
			Owned: []cleanup.Owned{{Kind: cleanup.Rootfs, Path: "/a\n/merged", FSType: "overlay", Device: mount.Device{Minor: 50}, Root: "/"}},
		},
		users: []user{{
			Process: holder.Process{PID: 9, Command: "vi \x1b[31m", Unit: "ssh.service"},
			uses:    []holder.Use{{PID: 9, What: "cwd", Path: "/x"}, {PID: 9, What: "fd 3", Path: "/y"}},
		}},
		incomplete: []string{"process 1"},
	}
	f.target.Container.ID = "3f2a"
	f.target.Container.Engine = "docker"
	left := in(4, "/host/a\n/merged", cleanup.Peer, cleanup.Left)
	left.Reason = string(cleanup.RefusePeer)
	left.Copy.Owned = f.target.Owned[0]
	left.Copy.Mount.PeerGroup = 7
	left = by(by(left, holder.Process{PID: 7, Command: "agent", Container: "cafe", Pod: "uid", Unit: "x.scope"}), holder.Process{PID: 8})
	swept := in(5, "/b", cleanup.Private, cleanup.Detached)
	f.holders = []sweep.Holder{in(1, "/a\n/merged", cleanup.Original, cleanup.Left), left, swept}
	return f
}

func TestText(t *testing.T) {
	f := full()
	var out bytes.Buffer
	if err := writeFindings(&out, []findings{f}, true); err != nil {
		t.Fatal(err)
	}
	want := `NAMESPACE  MOUNTPOINT        KIND      PID    COMMAND       WHERE                   RESULT    REASON
mnt:[4]    /host/a\n/merged  peer      7(+1)  agent         container=cafe,pod=uid  left      unmounting it would unmount the engine's own mount
mnt:[5]    /b                private   -      -             -                       detached  -
-          /x                cwd,fd 3  9      vi \x1b[31m  unit=ssh.service        left      a process has it open
`
	// The columns' widths are tabwriter's affair.
	fields := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if got := out.String(); fields(got) != fields(want) || strings.Count(got, "\n") != 4 {
		t.Errorf("%s\nwant %s", got, want)
	}
	out.Reset()
	if err := writeFindings(&out, []findings{f, {target: target.Target{Name: "/x\n"}}}, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if !strings.HasPrefix(lines[0], "TARGET  NAMESPACE ") || !strings.HasPrefix(lines[1], "web     mnt:[4] ") ||
		lines[4] != `/x\n: nothing of it is mounted in any mount namespace` || strings.Contains(out.String(), "RESULT") {
		t.Errorf("%s", out.String())
	}
}

// TestJSON has the shape that docs/json.md promises.
func TestJSON(t *testing.T) {
	f := full()
	var out bytes.Buffer
	if err := writeJSON(&out, f.asJSON(true)); err != nil {
		t.Fatal(err)
	}
	const want = `{
"target":"web","type":"container","container":"3f2a","engine":"docker","state":"stopped","in_use":"","held":true,
"mounts":[{"path":"/a\n/merged","kind":"rootfs","fstype":"overlay","device":"0:50","root":"/"}],
"holders":[
{"namespace":"mnt:[1]","mountpoint":"/a\n/merged","path":"","kind":"original","propagation":"private","holds":false,"processes":[],"result":"left","reason":""},
{"namespace":"mnt:[4]","mountpoint":"/host/a\n/merged","path":"/a\n/merged","kind":"peer","propagation":"shared:7","holds":true,
"processes":[{"pid":7,"command":"agent","unit":"x.scope","container":"cafe","pod":"uid"},{"pid":8,"command":"","unit":"","container":"","pod":""}],
"result":"left","reason":"unmounting it would unmount the engine's own mount"},
{"namespace":"mnt:[5]","mountpoint":"/b","path":"","kind":"private","propagation":"private","holds":true,"processes":[],"result":"detached","reason":""}],
"users":[{"pid":9,"command":"vi \u001b[31m","unit":"ssh.service","container":"","pod":"","uses":[{"what":"cwd","path":"/x"},{"what":"fd 3","path":"/y"}]}],
"incomplete":["process 1"]}`
	if got := compact(t, out.String()); got != compact(t, want) {
		t.Errorf("%s\nwant %s", got, compact(t, want))
	}
	out.Reset()
	if err := writeJSON(&out, f.asJSON(false)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), `"result"`) || strings.Contains(out.String(), `"reason"`) {
		t.Errorf("who has results: %s", out.String())
	}
}

// TestEmptyJSON has nothing of anything: a list is never null.
func TestEmptyJSON(t *testing.T) {
	f := findings{}
	for _, v := range []any{f.asJSON(true), sweepsJSON(nil), sweepAllJSON{sweepsJSON(nil), skippedAsJSON(nil)}} {
		var out bytes.Buffer
		if err := writeJSON(&out, v); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "null") {
			t.Errorf("%s", out.String())
		}
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatal(err, text)
	}
	return out.String()
}
