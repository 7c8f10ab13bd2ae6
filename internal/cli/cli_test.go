package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	status = Run(t.Context(), "v1.2.3", append([]string{"unbusy"}, args...), &out, &errors)
	return status, out.String(), errors.String()
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		bundle := filepath.Join(dir, name)
		if err := os.MkdirAll(bundle, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return bundle
	}
	good := write("good", `{}`)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"swep"}, `unknown command "swep"`},
		{[]string{"--jsn"}, "-jsn"},
		{[]string{"roots", "--jsn"}, "-jsn"},
		{[]string{"roots", "/var/lib/docker"}, "takes no argument"},
		{[]string{"rewrite"}, `"bundle" not set`},
		{[]string{"rewrite", "--bundle"}, "bundle"},
		{[]string{"rewrite", "--bundle", ""}, "is empty"},
		{[]string{"rewrite", "--bundle", good, "", "more"}, "takes no argument"},
		{[]string{"", "roots"}, "unknown command"},
		{[]string{"rewrite", "--bundle", "/nowhere"}, "no such file"},
		{[]string{"rewrite", "--bundle", "/nowhere\n\x1b[31m"}, `/nowhere\n\x1b[31m`},
		{[]string{"rewrite", "--bundle", filepath.Join(good, "config.json")}, "not a directory"},
		{[]string{"rewrite", "--bundle", dir}, "no such file"},
		{[]string{"rewrite", "--bundle", good, "more"}, "takes no argument"},
		{[]string{"rewrite", "--bundle", good, "--runtime", "runsc"}, "neither runc nor crun"},
		{[]string{"who"}, "who needs a target"},
		{[]string{"who", "a", "b"}, `takes one target, and was given "b" as well`},
		{[]string{"who", "a", "--all"}, "-all"},
		{[]string{"who", "a", "--timeout", "soon"}, "soon"},
		{[]string{"who", "a", "--timeout", "-1s"}, "leaves no time"},
		{[]string{"sweep"}, "sweep needs a target"},
		{[]string{"sweep", "--all", "a"}, "either targets or --all"},
		{[]string{"sweep", "a", "--all"}, "either targets or --all"},
		{[]string{"sweep", "--all", "--host"}, "--leaf and --host are for targets"},
		{[]string{"sweep", "--al"}, "-al"},
		{[]string{"doctor", "docker"}, "takes no argument"},
		{[]string{"doctor", "--timeout", "0s"}, "leaves no time"},
		{[]string{"rewrite", "--bundle", write("torn", `{"mounts":[`)}, "not valid JSON"},
		{[]string{"rewrite", "--bundle", write("twice", `{"a":1,"a":1}`)}, "used twice"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			status, stdout, stderr := run(t, test.args...)
			if status != 2 || stdout != "" {
				t.Errorf("status %d, output %q", status, stdout)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "unbusy: ") || !strings.Contains(stderr, test.want) {
				t.Errorf("error %q, want one line that says %q", stderr, test.want)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"-h"}} {
		if status, stdout, stderr := run(t, args...); status != 0 || !strings.Contains(stdout, "rewrite") || stderr != "" {
			t.Errorf("%q: status %d, output %q, error %q", args, status, stdout, stderr)
		}
	}
	if status, stdout, _ := run(t, "--version"); status != 0 || stdout != "unbusy version v1.2.3\n" {
		t.Errorf("status %d, output %q", status, stdout)
	}
}

func TestNothingToRewrite(t *testing.T) {
	bundle := t.TempDir()
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, _ := run(t, "rewrite", "--bundle", bundle)
	if want := bundle + "/config.json needs no change\n"; status != 0 || stdout != want {
		t.Errorf("status %d, output %q, want %q", status, stdout, want)
	}
	status, stdout, _ = run(t, "rewrite", "--bundle", bundle, "--json")
	if status != 0 || !strings.Contains(stdout, `"decisions": []`) {
		t.Errorf("status %d, output %q", status, stdout)
	}
}

// containerIn mounts something where containerd would mount a container's root
// file system, and returns the state directory that this makes.
func containerIn(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
	state, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rootfs := filepath.Join(state, "io.containerd.runtime.v2.task/default/victim/rootfs")
	if err := os.MkdirAll(rootfs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("overlay-in-name-only", rootfs, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(rootfs, 0); err != nil {
			t.Error(err)
		}
	})
	return state
}

func TestRoots(t *testing.T) {
	state := containerIn(t)
	status, stdout, _ := run(t, "roots")
	if status != 0 || !strings.Contains(stdout, state) || !strings.Contains(stdout, "mount table") {
		t.Errorf("status %d, output:\n%s", status, stdout)
	}
	status, stdout, _ = run(t, "roots", "--json")
	var found struct {
		Roots []struct {
			Engine, Kind, Path, Resolved string
			Areas                        []struct{ Root, Owner string }
			Sources                      []string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &found); err != nil || status != 0 {
		t.Fatalf("status %d, %v, output:\n%s", status, err, stdout)
	}
	for _, root := range found.Roots {
		if root.Resolved == state {
			if root.Engine != "containerd" || len(root.Areas) == 0 || len(root.Sources) == 0 {
				t.Errorf("found %+v", root)
			}
			return
		}
	}
	t.Errorf("%s is not in %s", state, stdout)
}

func TestRewrite(t *testing.T) {
	state := containerIn(t)
	bundle := t.TempDir()
	config := filepath.Join(bundle, "config.json")
	text := `{"mounts":[{"destination":"/host","source":"` + state + `","options":["rbind","rprivate"]}]}`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		now, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		return string(now)
	}

	status, stdout, _ := run(t, "rewrite", "--bundle", bundle, "--dry-run")
	if status != 0 || !strings.Contains(stdout, "rbind,rprivate becomes rbind,rslave") || !strings.Contains(stdout, "would be rewritten") {
		t.Errorf("status %d, output:\n%s", status, stdout)
	}
	if read() != text {
		t.Fatalf("a dry run wrote %s", read())
	}

	status, stdout, _ = run(t, "rewrite", "--bundle", bundle, "--json")
	var report rewriteReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != 0 {
		t.Fatalf("status %d, %v, output:\n%s", status, err, stdout)
	}
	if !report.Changes || !report.Written || len(report.Decisions) != 1 || report.Decisions[0].Destination != "/host" {
		t.Errorf("reported %s", stdout)
	}
	if want := strings.Replace(text, "rprivate", "rslave", 1); read() != want {
		t.Errorf("wrote %s, want %s", read(), want)
	}

	if status, stdout, _ = run(t, "rewrite", "--bundle", bundle); status != 0 || !strings.Contains(stdout, "needs no change") {
		t.Errorf("status %d, output:\n%s", status, stdout)
	}
}
