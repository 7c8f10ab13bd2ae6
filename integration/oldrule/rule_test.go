package oldrule_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/oldrule"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m)) }

// scene has a mountpoint that is one in another mount namespace only: in a
// directory of the host's, "victim" is a directory and "file" a file, and the
// directory "free" is not mounted on anywhere.
func scene(t *testing.T) (h *host.Host, dir string) {
	h = host.New(t)
	dir = h.Dir("scene")
	for _, name := range []string{"victim", "free", "top/victim", "a name"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	h.Start("unshare", "--mount", "--propagation", "private", "sh", "-ec",
		`cd "$0"; mount -t tmpfs x victim; mount -t tmpfs x top/victim; mount -t tmpfs x 'a name'; mount --bind /dev/null file; echo mounted; read end`, dir)
	return h, dir
}

func TestOldRule(t *testing.T) {
	for _, test := range []struct {
		name, command string
		busy          bool
	}{
		{"rmdir", "rmdir victim", true},
		{"rmdir of an absolute path", `rmdir "$PWD/victim"`, true},
		{"rmdir through a link", "ln -s . link; rmdir link/victim", true},
		{"rmdir through an absolute link", `ln -s "$PWD" link; rmdir link/victim`, true},
		{"rmdir in a chroot", `mkdir bin; cp "$(command -v busybox)" bin; chroot . /bin/busybox rmdir /victim`, true},
		{"rmdir of another directory", "rmdir free", false},
		{"rmdir of one of the same name", "mkdir free/victim; rmdir free/victim", false},
		{"unlink", "rm file", true},
		{"rmdir of a name with a blank", `rmdir 'a name'`, true},
		{"unlink of another file", ": >other; rm other", false},
		{"rm -r", "rm -r top", true},
		{"rename", "mv -T victim elsewhere", true},
		{"rename over it", "mv -T free victim", true},
		{"rename of its parent", "mv -T top elsewhere", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, control := range []string{"none", "0", "1"} {
				h, dir := scene(t)
				err := under(t, h, control, "sh", "-ec", `cd "$0"; `+test.command, dir)
				want := test.busy && control != "1"
				if got := err != nil && strings.Contains(err.Error(), "busy"); got != want || !want && err != nil {
					t.Errorf("with the switch %s: %v, want busy: %v", control, err, want)
				}
			}
		})
	}
}

func TestTodaysRule(t *testing.T) {
	_, dir := scene(t)
	if err := os.Remove(filepath.Join(dir, "victim")); err != nil {
		t.Errorf("without the rule: %v", err)
	}
}

// under runs a command under the rule. "none" is a kernel without the switch.
func under(t *testing.T, h *host.Host, control string, command ...string) error {
	t.Helper()
	file := ""
	if control != "none" {
		file = filepath.Join(h.Dir("sysctl"), "may_detach_mounts")
		if err := os.WriteFile(file, []byte(control+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(h.Dir("rule"), "socket")
	rule, err := oldrule.Listen(socket, file, h.Processes, func(err error) { t.Errorf("%v", err) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rule.Close(); err != nil { // removes the socket, too
			t.Error(err)
		}
	}()
	program, err := oldrule.Link(h.Dir("bin"))
	if err != nil {
		t.Fatal(err)
	}
	args := rule.Under(program, command...)
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return &failure{err, string(out)}
	}
	return nil
}

type failure struct {
	error
	said string
}

func (f *failure) Error() string { return f.error.Error() + ": " + f.said }
