package package_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// repo is a git repository of a test's own.
type repo struct {
	t   *testing.T
	dir string
}

func (r repo) git(args ...string) {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "git", append([]string{
		"-C", r.dir, "-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false",
	}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		r.t.Fatalf("git %q: %v: %s", args, err, out)
	}
}

// version is the packages' if they are made now.
func (r repo) version() string {
	r.t.Helper()
	script, err := filepath.Abs(filepath.Join(repository, "hack/package-version"))
	if err != nil {
		r.t.Fatal(err)
	}
	command := exec.CommandContext(r.t.Context(), script)
	command.Dir = r.dir
	out, err := command.Output()
	if err != nil {
		r.t.Fatalf("hack/package-version: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestVersionsAreInOrder(t *testing.T) {
	host.NeedRoot(t)
	r := repo{t, t.TempDir()}
	r.git("init", "--quiet")
	var versions []string
	for _, tag := range []string{"", "v0.1.0-rc.1", "", "v0.1.0-rc.2", "v0.1.0", "", "v0.1.1"} {
		r.git("commit", "--quiet", "--allow-empty", "--message=change")
		if tag != "" {
			r.git("tag", tag)
		}
		versions = append(versions, r.version())
		if want := strings.Replace(strings.TrimPrefix(tag, "v"), "-", "~", 1); tag != "" && r.version() != want {
			t.Errorf("the packages of %s have version %s, want %s", tag, r.version(), want)
		}
	}
	for i, newer := range versions[1:] {
		older := versions[i]
		if out, err := exec.CommandContext(t.Context(), "dpkg", "--compare-versions", older+"-1", "lt", newer+"-1").CombinedOutput(); err != nil {
			t.Errorf("for dpkg, %s is not older than %s: %s", older, newer, out)
		}
		out, err := exec.CommandContext(t.Context(), "rpm", "--eval", `%{lua:print(rpm.vercmp("`+older+`", "`+newer+`"))}`).Output()
		if err != nil || strings.TrimSpace(string(out)) != "-1" {
			t.Errorf("for rpm, %s is not older than %s: %s %v", older, newer, out, err)
		}
	}
}

func TestVersionTellsWhatIsNotCommitted(t *testing.T) {
	r := repo{t, t.TempDir()}
	r.git("init", "--quiet")
	file := filepath.Join(r.dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.git("add", "file")
	r.git("commit", "--quiet", "--message=change")
	r.git("tag", "v1.0.0")
	if got := r.version(); got != "1.0.0" {
		t.Errorf("the packages of v1.0.0 have version %s", got)
	}
	if err := os.WriteFile(file, []byte("more"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := r.version(); got != "1.0.0+0.dirty" {
		t.Errorf("the packages of v1.0.0 with changes have version %s", got)
	}
}
