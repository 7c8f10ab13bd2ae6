package host

import (
	_ "embed"
	"os"
	"path/filepath"
)

//go:embed network.conflist.tmpl
var networkConflist string

// writeNetwork configures a bridge for pods. Addresses are handed out from a
// directory that ends with the host.
func (h *Host) writeNetwork(confDir, plugins string) {
	h.t.Helper()
	for _, plugin := range []string{"bridge", "host-local", "loopback"} {
		if _, err := os.Stat(filepath.Join(plugins, plugin)); err != nil {
			h.t.Fatalf("pods need CNI's plugins, Debian's containernetworking-plugins: %v", err)
		}
	}
	h.writeTemplate(filepath.Join(confDir, "10-unbusy.conflist"), networkConflist,
		struct{ Addresses string }{h.Dir("addresses")})
}
