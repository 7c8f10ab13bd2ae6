package engines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
)

// decodeJSON decodes a file of Docker's, which may begin with a byte order mark
// (moby daemon/config/config.go).
func decodeJSON(text []byte, into any) error {
	return json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), into)
}

// ourRuntimes returns the names of the runtimes that are unbusy's, and a finding
// for each that cannot be executed. where says where one is configured.
func ourRuntimes(all map[string]dockerRuntime, path string, where func(name string) string) (ours []string, found []doctor.Finding) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		program := find(all[name].Path, path)
		if program == "" || !leadsTo(program, wrapper) {
			continue
		}
		ours = append(ours, name)
		if why := unusable(program); why != "" {
			found = append(found, missingProgram(where(name), program, why))
		}
	}
	return ours, found
}

// runtimes compares what containers run under with what they could.
func (d dockerd) runtimes(c dockerConfig) []doctor.Finding {
	ours, found := ourRuntimes(d.info.Runtimes, d.path, func(name string) string {
		return fmt.Sprintf("runtime %s of %s", name, d.who())
	})
	unprotected := doctor.Finding{ID: notProtected, Severity: doctor.AtRisk, Fix: d.installCommand(c)}
	pending, _ := ourRuntimes(c.Runtimes, d.path, func(string) string { return "" })
	switch {
	case slices.Contains(ours, d.info.DefaultRuntime):
		return append(found, d.otherRuntimes(ours)...)
	case slices.Contains(pending, c.DefaultRuntime):
		unprotected.Evidence = fmt.Sprintf("%s has not read %s since that made unbusy the default runtime", d.who(), c.path)
		unprotected.Fix = fmt.Sprintf("systemctl reload docker, or kill -HUP %d", d.pid)
	case len(ours) > 0:
		unprotected.Evidence = fmt.Sprintf("%s runs containers under %s unless they ask for %s",
			d.who(), d.info.DefaultRuntime, strings.Join(ours, " or "))
	default:
		unprotected.Evidence = fmt.Sprintf("%s runs containers under %s, without unbusy", d.who(), d.info.DefaultRuntime)
	}
	return append(found, unprotected)
}

func (d dockerd) installCommand(c dockerConfig) string {
	command := "unbusy install docker --set-as-default"
	if c.path != defaultDockerConfig {
		command += " --config " + c.path
	}
	return command
}

// otherRuntimes are those that somebody added and that unbusy could wrap. runc is
// always there.
func (d dockerd) otherRuntimes(ours []string) []doctor.Finding {
	var found []doctor.Finding
	for _, name := range slices.Sorted(maps.Keys(d.info.Runtimes)) {
		r := d.info.Runtimes[name]
		if slices.Contains(ours, name) || name == "runc" || strings.HasPrefix(name, "io.containerd.") || !likeRunc(r.Path) {
			continue
		}
		found = append(found, doctor.Finding{
			ID: bypasses, Severity: doctor.AtRisk,
			Evidence: fmt.Sprintf("containers that ask %s for the runtime %s run under %s, without unbusy", d.who(), name, r.Path),
			Fix:      "give the runtime a link to " + wrapper + " as its path, which wraps the runtime that the link is called",
		})
	}
	return found
}
