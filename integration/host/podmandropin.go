package host

import (
	"os"
	"path/filepath"
)

// PodmanDropIn has podman read its configuration where it does by default, below
// /etc, and with it a drop-in file of the given text.
func PodmanDropIn(text string) PodmanOption {
	return func(c *podmanConfig) { c.dropIn = text }
}

// configFile is podman's main configuration file.
func (p *Podman) configFile() string {
	if p.config.dropIn != "" {
		p.h.ownEtc()
		return "/etc/containers/containers.conf"
	}
	return filepath.Join(p.h.Dir("podman"), "containers.conf")
}

func (p *Podman) writeDropIn() {
	p.h.t.Helper()
	if p.config.dropIn == "" {
		return
	}
	const dir = "/etc/containers/containers.conf.d"
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "50-unbusy.conf"), []byte(p.config.dropIn), 0o644)
	}
	if err != nil {
		p.h.t.Fatalf("write a drop-in of podman's: %v", err)
	}
}

// ownEtc makes /etc the box's own, if it is not yet.
func (h *Host) ownEtc() {
	h.t.Helper()
	if !h.config {
		h.shield("/etc")
		h.config = true
	}
}
