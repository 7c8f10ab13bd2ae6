package host

import "os"

// Patient is a line for [Host.UnbusyConfig]: sweeps get more time than by default.
// How long they take on a machine that is busy with other tests is not what most
// tests are about.
const Patient = "sweep_budget = \"10s\"\n"

// UnbusyConfig is what programs in the box find in /etc/unbusy/config.toml from
// now on. The machine's own /etc stays as it is.
func (h *Host) UnbusyConfig(text string) {
	h.t.Helper()
	if !h.config {
		h.shield("/etc")
		h.config = true
	}
	err := os.MkdirAll("/etc/unbusy", 0o755)
	if err == nil {
		err = os.WriteFile("/etc/unbusy/config.toml", []byte(text), 0o644)
	}
	if err != nil {
		h.t.Fatalf("configure unbusy: %v", err)
	}
}
