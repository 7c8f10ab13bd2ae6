package hook

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestRuntimeCallsHooks has an engine that leaves all hooks to the runtime, as
// CRI-O does: the test mounts what one mounts for a container, and looks when the
// runtime has deleted it.
func TestRuntimeCallsHooks(t *testing.T) {
	for runtime, global := range map[string][]string{"runc": nil, "crun": {"--cgroup-manager=disabled"}} {
		for _, stages := range [][]string{nil, {"prestart", "poststop"}, {"createRuntime", "poststop"}} {
			t.Run(fmt.Sprint(runtime, stages), func(t *testing.T) {
				h := host.New(t)
				h.Engine("crio")
				c := newBundle(t, h, stages)
				before := h.Start("unshare", "--mount", "--propagation", "private", "sh", "-ec", "echo it is there; read end").Pid()
				call := func(args ...string) {
					t.Helper()
					// A container that is created has the output for its own.
					output := filepath.Join(h.Dir("state"), "output")
					command := append([]string{"-c", `exec "$@" >"$0" 2>&1`, output, h.Debian(runtime, runtime), "--root", h.Dir("state", "runtime")}, global...)
					if _, err := h.Exec(nil, "sh", append(append(command, args...), "victim")...); err != nil {
						text, _ := os.ReadFile(output) // it only explains the error
						t.Fatalf("%v: %s", err, text)
					}
				}
				call("create", "--bundle", c.bundle)
				for _, m := range c.mounts {
					requireHolds(t, before, m, true)
				}
				call("start")
				call("delete", "--force")
				for _, m := range c.mounts {
					requireHolds(t, before, m, stages == nil)
					if _, there, err := observe.At(m.Point); err != nil || !there {
						t.Errorf("the engine's own mount on %s is gone: %v", m.Point, err)
					}
				}
				if news := events(t)[c.known:]; news != "" {
					t.Errorf("the record of failures has %s", news)
				}
			})
		}
	}
}

// container is one with the mounts that an engine makes for it.
type container struct {
	t      *testing.T
	bundle string
	mounts []observe.Mount
	known  int // of the record of failures
}

// newBundle makes a container that sleeps, in a store as podman and CRI-O have it.
func newBundle(t *testing.T, h *host.Host, stages []string) container {
	t.Helper()
	h.UnbusyConfig(fmt.Sprintf("log = \"none\"\nsweep_budget = \"10s\"\n[[roots]]\nengine = \"podman\"\npath = %q\n", h.Dir("store")))
	c := container{t: t, bundle: h.Dir("store", "overlay-containers", "victim", "userdata"), known: len(events(t))}
	layer := func(name string) string { return h.Dir("store", "overlay", "layer", name) }
	shm := filepath.Join(c.bundle, "shm")
	if err := os.Mkdir(shm, 0o755); err != nil {
		t.Fatal(err)
	}
	c.mount("overlay", layer("merged"), "lowerdir="+layer("lower")+",upperdir="+layer("diff")+",workdir="+layer("work"))
	c.mount("tmpfs", shm, "size=64k")
	for _, dir := range []string{"bin", "dev", "proc"} {
		if err := os.Mkdir(filepath.Join(layer("merged"), dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Exec(nil, "cp", "/bin/busybox", filepath.Join(layer("merged"), "bin")); err != nil {
		t.Fatal(err)
	}
	program := host.Program(t, "unbusy-hook")
	hooks := make(map[string][]specs.Hook)
	for _, stage := range stages {
		hooks[stage] = []specs.Hook{{Path: program, Args: []string{"unbusy-hook", stage}}}
	}
	text, err := json.Marshal(map[string]any{
		"ociVersion": "1.0.2",
		"process":    specs.Process{Args: []string{"/bin/busybox", "sleep", "1000000"}, Cwd: "/"},
		"root":       specs.Root{Path: layer("merged")},
		"mounts": []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/dev/shm", Type: "bind", Source: shm, Options: []string{"bind"}},
		},
		"hooks": hooks,
		"linux": specs.Linux{
			CgroupsPath: h.Cgroup("victim"),
			Namespaces:  []specs.LinuxNamespace{{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}},
		},
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(c.bundle, "config.json"), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *container) mount(fstype, point, options string) {
	c.t.Helper()
	if err := unix.Mount(fstype, point, fstype, 0, options); err != nil {
		c.t.Fatalf("mount %s: %v", point, err)
	}
	c.t.Cleanup(func() { _ = unix.Unmount(point, unix.MNT_DETACH) })
	m, there, err := observe.At(point)
	if err != nil || !there {
		c.t.Fatalf("%s is not mounted: %v", point, err)
	}
	c.mounts = append(c.mounts, m)
}
