package package_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// repository is where this package is in.
const repository = "../.."

// programs are what the packages are for, by where they are installed.
var programs = []string{
	"/usr/bin/containerd-shim-unbusy-v2", "/usr/bin/unbusy", "/usr/bin/unbusy-runtime", "/usr/libexec/unbusy/unbusy-hook",
}

// binaries is the directory that make build fills.
func binaries(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(os.Getenv("UNBUSY_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		if _, err := os.Stat(filepath.Join(dir, filepath.Base(program))); err != nil {
			t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
		}
	}
	return dir
}

// packages are those for this machine, made once for all tests.
type packages struct{ dir, deb, rpm string }

var made packages

// pack makes the packages unless they are made already.
func pack(t *testing.T) packages {
	t.Helper()
	if made.dir == "" {
		// It outlives the test; run removes it.
		dir, err := os.MkdirTemp("", "unbusy-packages") //nolint:usetesting // see above
		if err != nil {
			t.Fatal(err)
		}
		build(t, dir)
		made = packages{dir, only(t, dir, "*.deb"), only(t, dir, "*.rpm")}
	}
	return made
}

// build makes the packages as make package does, in an environment with env
// added.
func build(t *testing.T, dir string, env ...string) {
	t.Helper()
	host.NeedRoot(t)
	bin, docs := binaries(t), filepath.Join(dir, "docs")
	for _, args := range [][]string{
		{"hack/package-docs", bin, docs},
		{"hack/package", runtime.GOARCH, bin, docs, dir},
	} {
		command := exec.CommandContext(t.Context(), filepath.Join(repository, args[0]), args[1:]...)
		command.Env = append(os.Environ(), env...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
	}
}

// only is the one file in a directory whose name matches.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	return found[0]
}

// copyTo puts a file of the machine's into the Debian.
func (r root) copyTo(name, file string) {
	r.t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(name, string(content), 0o644)
}

func TestPackagesAreReproducible(t *testing.T) {
	first := pack(t)
	dir := t.TempDir()
	build(t, dir)
	for _, one := range []string{first.deb, first.rpm} {
		other := filepath.Join(dir, filepath.Base(one))
		if out, err := exec.CommandContext(t.Context(), "cmp", one, other).CombinedOutput(); err != nil {
			t.Errorf("made twice, %s is not the same: %s", filepath.Base(one), out)
		}
	}
}
