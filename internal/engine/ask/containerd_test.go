package ask

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/engine"
)

// TestTask has a containerd that listens, and what it keeps on its disk.
func TestTask(t *testing.T) {
	requireRoot(t)
	state := dir(t)
	top := dir(t)
	write(t, state, map[string]string{
		tasks + "/moby/running/init.pid":   strconv.Itoa(os.Getpid()),
		tasks + "/moby/exited/init.pid":    "99999999",
		tasks + "/moby/starting/log":       "",
		tasks + "/moby/odd/init.pid":       "-1",
		tasks + "/k8s.io/pod/init.pid":     strconv.Itoa(os.Getpid()),
		sandboxes + "/pod/hostname":        "",
		sandboxes + "/stopped/hostname":    "",
		tasks + "/k8s.io/exited/init.pid":  "99999999",
		sandboxes + "/exited/hostname":     "",
		tasks + "/k8s.io/shimpod/init.pid": "99999999",
	})
	check := func(what string, want Answer, got Answer, err error) {
		t.Helper()
		if got != want || (err != nil) != (want == Unknown) || err != nil && !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%s: %s, %v, want %s", what, got, err, want)
		}
	}
	ask := func(id string) (Answer, error) { return Task(t.Context(), state, "moby", id) }
	pod := func(id string) (Answer, error) { return Sandbox(t.Context(), state, id) }

	got, err := ask("gone")
	check("nobody runs", Unknown, got, err)
	got, err = pod("gone")
	check("nobody runs", Unknown, got, err)
	engineProcess(t, "containerd", nil, []string{"--state", state}, filepath.Join(top, "sock"))
	for id, want := range map[string]Answer{
		"running": Running, "exited": Stopped, "starting": Running, "odd": Running, "gone": NoSuch,
	} {
		got, err := ask(id)
		check(id, want, got, err)
	}
	for id, want := range map[string]Answer{"pod": Running, "stopped": Stopped, "exited": Stopped, "gone": NoSuch} {
		got, err := pod(id)
		check("sandbox "+id, want, got, err)
	}
	for _, id := range []string{"", ".", "..", "../moby/running"} {
		if got, err := ask(id); got != Unknown || err == nil {
			t.Errorf("%q: %s, %v", id, got, err)
		}
		if got, err := pod(id); got != Unknown || err == nil {
			t.Errorf("sandbox %q: %s, %v", id, got, err)
		}
	}
	// Its socket is not to be reached any more.
	if err := os.Remove(filepath.Join(top, "sock")); err != nil {
		t.Fatal(err)
	}
	got, err = ask("gone")
	check("does not listen", Unknown, got, err)
	listener, err := net.Listen("unix", filepath.Join(top, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	got, err = ask("gone")
	check("another one listens there", Unknown, got, err)
}

// TestContainerdElsewhere has one that keeps another directory: by another path,
// and by the same one in its own mount namespace.
func TestContainerdElsewhere(t *testing.T) {
	requireRoot(t)
	for name, test := range map[string]struct {
		attr  *syscall.SysProcAttr
		state string // "" for the right one
		cover bool
		want  Answer
	}{
		"the same one":                      {nil, "", false, NoSuch},
		"the same one in another namespace": {&syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}, "", false, NoSuch},
		"another one":                       {nil, "/run", false, Unknown},
		"another one at the same path":      {&syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}, "", true, Unknown},
		"in a container":                    {&syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}, "", false, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			state, socket := dir(t), filepath.Join(dir(t), "sock")
			play := []string{socket}
			if test.cover {
				play = []string{"cover", state, socket}
			}
			if test.state == "" {
				test.state = state
			}
			engineProcess(t, "containerd", test.attr, []string{"--state=" + test.state}, play...)
			got, err := Task(t.Context(), state, "moby", "gone")
			if got != test.want || (err != nil) != (got == Unknown) {
				t.Errorf("%s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestStateOf(t *testing.T) {
	requireRoot(t)
	top := dir(t)
	write(t, top, map[string]string{
		"plain.toml":  `state = "/from/file"`,
		"none.toml":   `root = "/x"`,
		"parent.toml": fmt.Sprintf("state = \"/parent\"\nimports = [\"drop/*.toml\", %q]", filepath.Join(top, "parent.toml")),
		"drop/1.toml": `state = "/one"`,
		"drop/2.toml": `version = 3`,
		"broken.toml": `state = `,
	})
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--state", "/a"}, "/a"},
		{[]string{"--config", top + "/plain.toml", "--state=/a"}, "/a"},
		{[]string{"--config", top + "/plain.toml"}, "/from/file"},
		{[]string{"-c", top + "/parent.toml"}, "/one"},
		{[]string{"--config=" + top + "/none.toml"}, defaultState},
		{[]string{"--config=" + top + "/missing.toml"}, defaultState},
		{[]string{"--config=" + top + "/broken.toml"}, ""},
		{[]string{"--config=plain.toml"}, ""},
	} {
		cmd := engineProcess(t, "containerd", nil, test.args, filepath.Join(dir(t), "sock"))
		got, err := stateOf(engine.Process{PID: cmd.Process.Pid})
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%q: %q, %v, want %q", test.args, got, err, test.want)
		}
	}
}
