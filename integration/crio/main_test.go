// Package crio tests unbusy under a real CRI-O: every story is told once with
// runc and once with unbusy in front of it.
package crio

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) {
	tools := []string{}
	if built, err := host.CRIOBuilt(); err == nil && built {
		tools = host.CRIOTools
	}
	os.Exit(host.Main(m, tools...))
}

// newHost is a host that CRI-O can be run on.
func newHost(t *testing.T) *host.Host {
	t.Helper()
	built, err := host.CRIOBuilt()
	if err != nil {
		t.Fatal(err)
	}
	if !built {
		t.Skip("CRI-O takes minutes to build, and has not been: MATRIX=full does it")
	}
	h := host.New(t)
	// The budget is for a machine that is busy with other tests.
	h.UnbusyConfig(fmt.Sprintf("log = \"none\"\nsweep_budget = \"10s\"\n[[roots]]\nengine = \"kubelet\"\npath = %q\n", h.Dir("kubelet")))
	t.Cleanup(func() {
		if record, err := os.ReadFile("/run/unbusy/events"); err == nil && t.Failed() {
			t.Logf("the record: %s", record)
		}
	})
	return h
}

// handler is the drop-in of handlerText.
func handler(path, extra string) host.CRIOOption {
	return host.CRIODropIn("50-unbusy.conf", handlerText(path, extra))
}

// handlerText is the drop-in by which pods can run under a runtime by the name of
// unbusy; extra is what else there is in [crio.runtime].
func handlerText(path, extra string) string {
	return fmt.Sprintf(`
[crio.runtime]
%s
[crio.runtime.runtimes.unbusy]
runtime_path = %q
runtime_type = "oci"
runtime_root = "/run/runc"
monitor_cgroup = "pod"
`, extra, path)
}

func itoa(pid int) string { return strconv.Itoa(pid) }
