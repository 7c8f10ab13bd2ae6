package hook

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/pkg/spec"
)

// newRoot makes a runtime root and a configuration that names it.
func newRoot(t *testing.T) (root, configuration string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "own/id"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "file"), "")
	if err := os.Symlink(root, filepath.Join(root, "own/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop", filepath.Join(root, "loop")); err != nil {
		t.Fatal(err)
	}
	return root, fmt.Sprintf("[[areas]]\nroot = %q\nowner = \"own/*\"\n", root)
}

// TestPrecreate has specifications in which ROOT stands for a runtime root, and
// what is answered: the same bytes if want is empty.
func TestPrecreate(t *testing.T) {
	const covering = `{"mounts":[{"source":"ROOT","options":["rbind","rprivate","ro"]}]}`
	for name, test := range map[string]struct {
		configuration, text, want string
		stderr, event             string
	}{
		"covers": {
			text: ` {"hooks":{},"mounts":[ {"source":"ROOT","options":["rbind","rprivate"],"n":1.0e2} ],"linux":{"x":[]}}` + "\n",
			want: ` {"hooks":{},"mounts":[ {"source":"ROOT","options":["rbind","rslave"],"n":1.0e2} ],"linux":{"rootfsPropagation":"rslave","x":[]}}` + "\n",
		},
		"covers by a link": {
			text: `{"mounts":[{"source":"ROOT/own/link","options":["rbind"]},{"source":"/x","options":["bind"]}],"linux":{"rootfsPropagation":"private"}}`,
			want: `{"mounts":[{"source":"ROOT/own/link","options":["rbind","rslave"]},{"source":"/x","options":["bind","rprivate"]}],"linux":{"rootfsPropagation":"rslave"}}`,
		},
		"covers nothing": {text: `{"mounts":[{"source":"ROOT/own/id","options":["rbind","rprivate"]}]}`},
		"not there":      {text: `{"mounts":[{"source":"ROOT/none","options":["rbind","rprivate"]}]}`},
		"a file":         {text: `{"mounts":[{"source":"ROOT/file","options":["rbind"]}],"root":{"path":"ROOT/file/x"}}`},
		"annotation does not count": {
			configuration: "honor_annotations = false\n",
			text:          `{"annotations":{"unbusy.io/propagation":"keep"},` + covering[1:],
			want:          `{"linux":{"rootfsPropagation":"rslave"},"annotations":{"unbusy.io/propagation":"keep"},"mounts":[{"source":"ROOT","options":["rbind","ro","rslave"]}]}`,
		},
		"relative":                 {text: `{"mounts":[{"source":".","options":["rbind","rprivate"]}]}`},
		"no recursive bind":        {text: `{"mounts":[{"source":"ROOT","options":["bind","rprivate"]}]}` + "\n"},
		"kept by annotation":       {text: `{"annotations":{"unbusy.io/propagation":"keep"},` + covering[1:]},
		"kept by configuration":    {configuration: "rewrite_read_only = false\n", text: covering},
		"unknown key":              {configuration: "no_such_key = 1\n", text: covering, want: `{"linux":{"rootfsPropagation":"rslave"},"mounts":[{"source":"ROOT","options":["rbind","ro","rslave"]}]}`},
		"broken configuration":     {configuration: "sweep_budget = 1\n", text: covering, event: "sweep_budget"},
		"source without an end":    {text: `{"mounts":[{"source":"ROOT/loop","options":["rbind"]}]}`, event: "ROOT/loop"},
		"no JSON":                  {text: "{\x1b", stderr: "not a specification", event: "not a specification"},
		"nothing":                  {stderr: "not a specification", event: "not a specification"},
		"no object":                {text: "[]\n", stderr: "not a specification", event: "not a specification"},
		"a key twice":              {text: `{"mounts":[],"mounts":[]}`, stderr: "not a specification", event: "mounts"},
		"larger than what is read": {text: strings.Repeat(" ", spec.MaxFileSize) + "{}", stderr: "more than", event: "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			root, areas := newRoot(t)
			in := func(text string) string { return strings.ReplaceAll(text, "ROOT", root) }
			m := newMachine(t, test.configuration+areas)
			want := in(test.want)
			if test.want == "" {
				want = in(test.text)
			}
			got := m.call(strings.NewReader(in(test.text)), "precreate")
			if got.status != 0 || got.stdout != want {
				t.Errorf("got %d, %.300q, want %.300q", got.status, got.stdout, want)
			}
			requireLine(t, got.stderr, test.stderr)
			requireLine(t, m.events(), in(test.event))
		})
	}
}

// TestPrecreateLogs listens where the journal does.
func TestPrecreateLogs(t *testing.T) {
	root, areas := newRoot(t)
	m := newMachine(t, areas)
	if err := os.MkdirAll(filepath.Join(m.run, "systemd/journal"), 0o755); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(m.run, "systemd/journal/socket")
	journal, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	m.call(strings.NewReader(fmt.Sprintf(`{"root":{"path":"/a/merged"},"mounts":[{"source":%q,"options":["rbind"]}]}`, root)), "precreate")
	if err := journal.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	message := make([]byte, 1<<16)
	n, err := journal.Read(message)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SYSLOG_IDENTIFIER=unbusy-hook\n", "UNBUSY_STAGE=precreate\n", "UNBUSY_ROOTFS=/a/merged\n", "UNBUSY_SOURCE=" + root + "\n", "UNBUSY_AFTER=rbind,rslave\n"} {
		if !strings.Contains(string(message[:n]), want) {
			t.Errorf("%q is not in %s", want, message[:n])
		}
	}
}
