package doctorengines

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestCRIO has the configuration of CRI-O, and a process of its name.
func TestCRIO(t *testing.T) {
	h := host.New(t)
	h.UnbusyConfig("") // the machine's own /etc stays as it is
	hooks := h.Dir("hooks")
	write(t, "/etc/crio/crio.conf.d/10-crio.conf", `
[crio.runtime]
default_runtime = "crun"
hooks_dir = ["`+hooks+`"]
[crio.runtime.runtimes.crun]
runtime_path = "/usr/bin/crun"
[crio.runtime.runtimes.runc]
runtime_path = "/usr/sbin/runc"
`)
	write(t, filepath.Join(hooks, "good.json"), `{"version": "1.0.0", "hook": {"path": "/bin/true"}, "when": {"always": true}, "stages": ["poststop"]}`)
	require(t, "cri-o", hooks)
	bad := filepath.Join(hooks, "bad.json")
	write(t, bad, `{"version": "1.0.0", "hook": {"path": "/bin/true"}, "when": {"always": true}, "stages": ["precreate"]}`)
	require(t, "cri-o", bad, "crio-precreate-hook")
	if found := about(examine(t, "cri-o"), "/etc/crio/crio.conf.d/10-crio.conf)"); len(found) > 0 {
		t.Errorf("nothing runs: %+v", found)
	}

	p := h.Engine("crio")
	require(t, "cri-o", bad, "crio-precreate-hook")
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}
	found := require(t, "cri-o", pidOf(p.Pid()), "engine-not-protected")
	mentions(t, found[0].Evidence, "the handler crun")

	wrapper := copyTo(t, h, host.Program(t, "unbusy-runtime"))
	dropIn := "[crio.runtime.runtimes.unbusy]\nruntime_path = \"" + wrapper + "\"\nruntime_type = \"oci\"\n"
	write(t, "/etc/crio/crio.conf.d/99-unbusy.conf", dropIn)
	found = require(t, "cri-o", pidOf(p.Pid()), "engine-not-protected")
	mentions(t, found[0].Evidence, "unless they ask for unbusy")
	write(t, "/etc/crio/crio.conf.d/99-unbusy.conf", dropIn+"[crio.runtime]\ndefault_runtime = \"unbusy\"\n")
	require(t, "cri-o", pidOf(p.Pid()))
	mentions(t, examine(t, "cri-o").Summary, "unbusy serves the default handler unbusy")

	write(t, "/etc/crio/crio.conf.d/50-gpu.conf", "[crio.runtime.runtimes.gpu]\nruntime_path = \"/usr/bin/nvidia-container-runtime\"\n"+
		"[crio.runtime.runtimes.kata]\nruntime_path = \"/usr/bin/kata-runtime\"\nruntime_type = \"vm\"\n")
	found = require(t, "cri-o", pidOf(p.Pid()), "runtime-bypasses-unbusy")
	mentions(t, found[0].Evidence, "the handler gpu", "50-gpu.conf")
	if err := os.Remove("/etc/crio/crio.conf.d/50-gpu.conf"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(wrapper); err != nil {
		t.Fatal(err)
	}
	found = require(t, "cri-o", pidOf(p.Pid()), "unbusy-binary-missing")
	mentions(t, found[0].Evidence, wrapper)
}

// TestRealCRIO has CRI-O itself, and pods with the host's root as a volume.
func TestRealCRIO(t *testing.T) {
	built, err := host.CRIOBuilt()
	if err != nil {
		t.Fatal(err)
	}
	if !built {
		t.Skip("CRI-O takes minutes to build, and has not been: MATRIX=full does it")
	}
	for name, findings := range map[string][2][]string{
		"runc":   {{"engine-not-protected"}, {"container-holds-others"}},
		"unbusy": {},
	} {
		t.Run(name, func(t *testing.T) {
			h := host.New(t)
			h.UnbusyConfig("log = \"none\"\n" + host.Patient)
			c := h.CRIO(host.CRIODropIn("50-unbusy.conf", fmt.Sprintf(`
[crio.runtime]
default_runtime = %q
[crio.runtime.runtimes.unbusy]
runtime_path = %q
runtime_type = "oci"
monitor_cgroup = "pod"
`, name, h.WithoutOOMScore(host.Program(t, "unbusy-runtime")))))
			require(t, "cri-o", h.Dir("crio"), findings[0]...)
			// The next one may have the usual configuration.
			bad := filepath.Join(h.Dir("hooks"), "bad.json")
			write(t, bad, `{"version": "1.0.0", "hook": {"path": "/bin/true"}, "when": {"always": true}, "stages": ["precreate"]}`)
			write(t, "/etc/crio/crio.conf", "[crio.runtime]\nhooks_dir = [\""+filepath.Dir(bad)+"\"]\n")
			require(t, "cri-o", bad, "crio-precreate-hook")
			// CRI-O itself takes care of the root by its own name.
			link := filepath.Join(h.Dir("links"), "root")
			if err := os.Symlink("/", link); err != nil {
				t.Fatal(err)
			}
			pod := cri.CRIO(t, c).Pod("agent", cri.HostNetwork(), cri.OwnPIDs())
			app := pod.Run("app", cri.HostPath(link, "/host"))
			t.Cleanup(func() { _ = app.TryStop() })
			found := require(t, "containers", "container default/agent/app ("+app.ID()[:12], findings[1]...)
			if len(found) > 0 {
				mentions(t, found[0].Evidence, " at /host")
			}
		})
	}
}
