package wrapper

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestRecord starts a container: whatever the sweeper does, the process becomes
// the runtime.
func TestRecord(t *testing.T) {
	const (
		of       = " victim /srv/bundles/victim /srv/bundles/victim/rootfs\n"
		recorded = "record" + of
		detached = recorded + "detach" + of
	)
	for _, test := range []struct {
		mode, trace string
		log         []string // nothing but these
	}{
		{"no sweeper", "", nil},
		{"record", recorded, nil},
		{"record fails", recorded, []string{notRecorded, "this is the test's"}},
		{"record panics", recorded, []string{notRecorded, "panic: this is the test's"}},
		{"record hangs", recorded, []string{notRecorded, "deadline exceeded"}},
		{"detach", detached, nil},
		{"detach fails", detached, []string{notDetached, "this is the test's"}},
		{"detach hangs", detached, []string{notDetached, "deadline exceeded"}},
	} {
		t.Run(test.mode, func(t *testing.T) {
			f := newFixture(t, `echo $$; echo "$*"`)
			command := f.wrapped(test.mode, f.args("start"))
			want := strings.Join(command.Args[1:], " ")
			got := run(t, command)
			if want := (outcome{stdout: itoa(command.Process.Pid) + "\n" + want + "\n"}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if trace := read(t, f.trace); trace != test.trace {
				t.Errorf("called:\n%s", trace)
			}
			log := read(t, f.log)
			for _, want := range test.log {
				if strings.Count(log, want) != 1 {
					t.Errorf("the log has:\n%s", log)
				}
			}
			if got := strings.Contains(log, notRecorded) && strings.Contains(log, notDetached); got || test.log == nil && log != "" {
				t.Errorf("the log has:\n%s", log)
			}
			if os.Geteuid() == 0 {
				f.requireEvent(t, test.log != nil)
			}
		})
	}
}

// TestRecordOfUnreadableState has a runtime whose state is not understood.
func TestRecordOfUnreadableState(t *testing.T) {
	f := newFixture(t, "exit 7")
	if err := os.WriteFile(f.state+"/state.json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, command := range []string{"start", "delete"} {
		if got := run(t, f.wrapped("record", f.args(command))); got.exit != 7 || got.stderr != "" {
			t.Errorf("%s: %+v", command, got)
		}
		if os.Geteuid() == 0 {
			if events := read(t, f.events()); strings.Count(events, "unexpected end of JSON") != i+1 {
				t.Errorf("%s: the events are:\n%s", command, events)
			}
		}
		if log := read(t, f.log); strings.Count(log, "unexpected end of JSON") != 1 {
			t.Errorf("%s: the log has:\n%s", command, log)
		}
		if err := os.Remove(f.log); err != nil {
			t.Fatal(err)
		}
	}
	if trace := read(t, f.trace); trace != "" {
		t.Errorf("called:\n%s", trace)
	}
}

// TestStateRootInUserNamespace asks as root of a user namespace, to whom runc
// gives the directory of a user unless $USER is root as well.
func TestStateRootInUserNamespace(t *testing.T) {
	for user, want := range map[string]string{"USER=root": "/run/runc", "USER=x": "/user/1/runc", "NOUSER=": "/user/1/runc"} {
		command := exec.Command("/proc/self/exe")
		command.Env = []string{modeVariable + "=state root", "XDG_RUNTIME_DIR=/user/1", user}
		command.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		}
		out, err := command.Output()
		if err != nil {
			if os.Geteuid() == 0 {
				t.Fatal("no user namespaces here: ", err)
			}
			t.Skip("no user namespaces here: ", err)
		}
		if string(out) != want {
			t.Errorf("%s: %s, want %s", user, out, want)
		}
	}
}
