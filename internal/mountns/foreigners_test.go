package mountns

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// lookFrom has a child process look that enters namespaces of another one by
// nsenter.
func lookFrom(t *testing.T, options ...string) sight {
	t.Helper()
	cmd := exec.Command("nsenter", append(options, forEveryone(t))...)
	cmd.Env = append(os.Environ(), asChild+"=1")
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var s sight
	if err := json.Unmarshal(output, &s); err != nil {
		t.Fatalf("%v: %q", err, output)
	}
	return s
}

// arrive starts a process that enters namespaces of another one by nsenter, and
// is there until the test ends.
func arrive(t *testing.T, options ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("nsenter", append(options, "sh", "-c", "echo there; exec cat")...)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		end(cmd)
	})
	if _, err := output.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// TestForeigners looks from a user namespace at those who are not in it.
func TestForeigners(t *testing.T) {
	requireRoot(t)
	if f := NewLister().Foreigners(); Confined() || f.Has("/proc/1") || f.Has("/proc/self") {
		t.Error("somebody is foreign to the host's own root")
	}

	// As podman makes one, with ids that mean something else outside.
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 64321, Size: 1}}
	inner := hold(t, &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: ids, GidMappings: ids,
		GidMappingsEnableSetgroups: true,
	})
	other := hold(t, userNamespace())
	target := "--target=" + strconv.Itoa(inner.Process.Pid)
	// One of the host's who went where the mounts are that we see from inside.
	guest := arrive(t, target, "--mount")
	apart := arrive(t, target, "--user", "unshare", "--mount")

	s := lookFrom(t, target, "--user", "--mount")
	for name, test := range map[string]struct {
		pid  int
		want bool
	}{
		"the host's":                         {os.Getpid(), true},
		"another user's":                     {other.Process.Pid, true},
		"one of ours":                        {inner.Process.Pid, false},
		"the host's in our mount namespaces": {guest.Process.Pid, false},
	} {
		if got := slices.Contains(s.Foreign, test.pid); got != test.want {
			t.Errorf("%s: foreign is %v", name, got)
		}
	}
	if !slices.Contains(s.Inodes, inodeOf(t, inner)) || s.RootsError != "" {
		t.Errorf("what can be seen is not known: %v, %s", s.Inodes, s.RootsError)
	}
	if len(s.Errors) != 1 || s.ForeignErrors != 1 {
		t.Errorf("%d of the errors are about foreigners: %v", s.ForeignErrors, s.Errors)
	}

	// To someone with less power than they have the links of our own are closed,
	// too.
	s = lookFrom(t, target, "--user", "--mount", "setpriv", "--bounding-set=-sys_ptrace")
	if slices.Contains(s.Foreign, apart.Process.Pid) || slices.Contains(s.Inodes, inodeOf(t, apart)) {
		t.Error("one of ours whom we cannot look at: foreign, or the link is open")
	}
	if len(s.Errors) == 0 || s.ForeignErrors != 0 {
		t.Errorf("%d of the errors are about foreigners: %v", s.ForeignErrors, s.Errors)
	}
}
