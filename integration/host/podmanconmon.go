package host

import (
	"fmt"
	"os"
	"path/filepath"
)

// withoutExitCommand is a monitor that calls nobody when its container ends.
const withoutExitCommand = `#!/bin/sh
for word; do
	shift
	case $word in
	--exit-command | --exit-command-arg) drop=yes; continue ;;
	esac
	[ "$drop" ] || set -- "$@" "$word"
	drop=
done
exec %q "$@"
`

// PodmanWithoutExitCommand leaves the cleaning up after a container to the
// command that ends it. Otherwise its monitor calls podman for that as well, which
// makes anew what podman system reset has just removed, if it comes late.
func PodmanWithoutExitCommand() PodmanOption {
	return func(c *podmanConfig) { c.noExitCommand = true }
}

// writeMonitor makes the monitor, if there has to be one.
func (p *Podman) writeMonitor() {
	p.h.t.Helper()
	if !p.config.noExitCommand {
		return
	}
	p.config.Monitor = filepath.Join(p.h.Dir("podman"), "conmon")
	text := fmt.Appendf(nil, withoutExitCommand, p.h.Debian("conmon", "conmon"))
	if err := os.WriteFile(p.config.Monitor, text, 0o755); err != nil {
		p.h.t.Fatalf("make a monitor: %v", err)
	}
}
