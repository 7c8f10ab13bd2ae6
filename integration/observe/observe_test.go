package observe

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		line string
		want Mount
	}{
		{
			"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
			Mount{36, 35, "98:0", "/mnt1", "/mnt2", "rw,noatime", "master:1", "ext3", "/dev/root"},
		},
		{
			`1 0 0:5 / / rw shared:1 master:2 propagate_from:3 - tmpfs a\040b rw`,
			Mount{1, 0, "0:5", "/", "/", "rw", "shared:1 master:2 propagate_from:3", "tmpfs", "a b"},
		},
		{
			`1 0 0:5 /a\134b /tab\011end rw - tmpfs none rw`,
			Mount{1, 0, "0:5", `/a\b`, "/tab\tend", "rw", "", "tmpfs", "none"},
		},
		{
			`1 0 0:5 / /odd\9 rw - tmpfs  rw`,
			Mount{1, 0, "0:5", "/", `/odd\9`, "rw", "", "tmpfs", ""},
		},
	} {
		got, err := parse(test.line)
		if err != nil || got != test.want {
			t.Errorf("parse(%q) = %+v, %v, want %+v", test.line, got, err, test.want)
		}
	}
	for _, line := range []string{"", "1 0 0:5 / / rw", "x 0 0:5 / / rw - a b c", "1 0 0:5 - a b c"} {
		if got, err := parse(line); err == nil {
			t.Errorf("parse(%q) = %+v, want an error", line, got)
		}
	}
}

func TestAtFindsTheRoot(t *testing.T) {
	m, found, err := At("/")
	if err != nil || !found || m.Point != "/" {
		t.Errorf("At(/) = %+v, %v, %v", m, found, err)
	}
	if _, found, err := At(t.TempDir()); found || err != nil {
		t.Errorf("an ordinary directory is a mount: %v, %v", found, err)
	}
}

func TestSinceSeesWhatIsNew(t *testing.T) {
	before, err := Take()
	if err != nil {
		t.Fatal(err)
	}
	marked := exec.Command("sleep", "100")
	marked.Env = []string{"SIGN=observe-test-mark"}
	if err := marked.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = marked.Process.Kill()
		_ = marked.Wait()
	}()
	file := filepath.Join(os.TempDir(), "observe-test-mark")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(file) }()

	after, err := Take()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, item := range after.Since(before) {
		if item.Bears("observe-test-mark") {
			kinds = append(kinds, item.Kind)
		}
	}
	if want := "file process"; strings.Join(kinds, " ") != want {
		t.Errorf("new and marked are %q, want %q", kinds, want)
	}
	if again := before.Since(after); slices.ContainsFunc(again, func(i Item) bool { return i.Bears("observe-test-mark") }) {
		t.Errorf("what came later counts as earlier: %v", again)
	}
}
