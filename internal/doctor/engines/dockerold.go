package engines

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/statefile"
)

// oldContainers finds those that were created under another runtime than
// unbusy's. Docker keeps a container's runtime with it (moby daemon/create.go),
// whatever the default is later: neither a restart of the container nor one of
// dockerd changes it.
func (d dockerd) oldContainers() []doctor.Finding {
	ours, _ := ourRuntimes(d.info.Runtimes, d.path, func(string) string { return "" })
	protected := make(map[string]bool)
	for _, name := range ours {
		protected[name] = true
	}
	// Without unbusy as the default that is what there is to say.
	if !protected[d.info.DefaultRuntime] {
		return nil
	}
	var old []string
	dir := filepath.Join(d.root()+d.info.DockerRootDir, "containers")
	for _, id := range statefile.Names(dir) {
		var config struct{ Runtime string }
		if !statefile.JSON(filepath.Join(dir, id, "hostconfig.json"), &config) || config.Runtime == "" || protected[config.Runtime] {
			continue
		}
		if r, known := d.info.Runtimes[config.Runtime]; known && r.Path != "" && !likeRunc(r.Path) {
			continue
		}
		var state struct{ Name string }
		if !statefile.JSON(filepath.Join(dir, id, "config.v2.json"), &state) {
			continue // being removed
		}
		old = append(old, strings.TrimPrefix(state.Name, "/"))
	}
	if len(old) == 0 {
		return nil
	}
	return []doctor.Finding{{
		ID: bypasses, Severity: doctor.AtRisk,
		Evidence: fmt.Sprintf("%s of %s created under another runtime, without unbusy: %s", count(len(old), "container"), d.who(), some(old)),
		Fix:      "remove and create them again: Docker does not change the runtime of a container that exists",
	}}
}
