package engines

import (
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/statefile"
)

// name is what people call a container: what Docker has as its name, else its pod
// and the name in it, else its identifier.
func (b bundle) name(all []roots.Root) string {
	for _, root := range all {
		if b.engine != roots.Docker || root.Engine != roots.Docker || root.Kind != roots.DataRoot {
			continue
		}
		var state struct{ Name string }
		if statefile.JSON(filepath.Join(root.Resolved, "containers", b.id, "config.v2.json"), &state) && state.Name != "" {
			return strings.TrimPrefix(state.Name, "/") + " (" + short(b.id) + ")"
		}
	}
	var config struct {
		Annotations map[string]string `json:"annotations"`
	}
	if !statefile.JSON(filepath.Join(b.dir, "config.json"), &config) {
		return short(b.id)
	}
	if parts := podParts(config.Annotations); len(parts) > 0 {
		return strings.Join(parts, "/") + " (" + short(b.id) + ")"
	}
	return short(b.id)
}

// podParts are the namespace and the name of a pod and the name of a container in
// it, by the annotations of its specification. The pod's own container has no name.
func podParts(annotations map[string]string) []string {
	// CRI-O's (server/container_create.go): k8s_<container>_<pod>_<namespace>_<uid>_0,
	// and there is no underscore in the names that Kubernetes allows.
	const fields = 6
	if name := strings.Split(annotations["io.kubernetes.cri-o.Name"], "_"); len(name) == fields && name[0] == "k8s" {
		return []string{name[3], name[2], name[1]}
	}
	// containerd's (pkg/cri/annotations).
	var parts []string
	for _, key := range []string{"sandbox-namespace", "sandbox-name", "container-name"} {
		if value := annotations["io.kubernetes.cri."+key]; value != "" {
			parts = append(parts, value)
		}
	}
	return parts
}
