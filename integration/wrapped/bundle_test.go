package wrapped

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// bundle is a container of busybox that is to be run with /host bound to the
// host's root, privately.
type bundle struct {
	dir  string
	spec specs.Spec
	// runDir is what the runtimes see as /run. It has a netns directory, which
	// is what makes a bind of the root a covering one.
	runDir string
}

func newBundle(t *testing.T, args ...string) *bundle {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"rootfs/bin", "rootfs/dev", "rootfs/host", "rootfs/plain", "rootfs/proc"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("cp", "/bin/busybox", filepath.Join(dir, "rootfs/bin/busybox")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	runDir := t.TempDir()
	if err := os.Mkdir(filepath.Join(runDir, "netns"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &bundle{dir: dir, runDir: runDir, spec: specs.Spec{
		Version: "1.0.2",
		Process: &specs.Process{
			Args: append([]string{"/bin/busybox"}, args...),
			Env:  []string{"PATH=/bin"},
			Cwd:  "/",
		},
		Root: &specs.Root{Path: "rootfs"},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/host", Source: "/", Options: []string{"rbind", "rprivate"}},
		},
		Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{
			{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace},
		}},
	}}
}

func (b *bundle) config() string { return filepath.Join(b.dir, "config.json") }

// text is the specification as an engine would write it.
func (b *bundle) text(t *testing.T) []byte {
	t.Helper()
	text, err := json.Marshal(b.spec)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (b *bundle) write(t *testing.T, text []byte) {
	t.Helper()
	if err := os.WriteFile(b.config(), text, 0o644); err != nil {
		t.Fatal(err)
	}
}
