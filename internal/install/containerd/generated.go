package containerd

import (
	"fmt"
	"strings"
)

// generated says what to do instead of changing a file that a Kubernetes
// distribution writes anew at each of its starts. It is empty for other files.
func generated(config string) string {
	section := "put the section that docs/containerd.md shows"
	switch {
	case strings.Contains(config, "/agent/etc/containerd/"): // k3s pkg/agent/containerd, RKE2's likewise
		return fmt.Sprintf("%s is written anew by k3s or RKE2 at each of its starts: %s into a template beside it, config-v3.toml.tmpl, or config.toml.tmpl for containerd 1.7, with {{ template \"base\" . }} in its first line", config, section)
	case strings.Contains(config, "/microk8s/"):
		return fmt.Sprintf("%s is written anew by MicroK8s at each of its starts: %s into containerd-template.toml in /var/snap/microk8s/current/args", config, section)
	case strings.Contains(config, "/k0s/"):
		return fmt.Sprintf("%s belongs to k0s: %s into a file of its own in /etc/k0s/containerd.d", config, section)
	}
	return ""
}
