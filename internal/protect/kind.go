package protect

import (
	"path/filepath"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/pkg/spec"
)

// KindOf tells what a runtime behaves like, by its name or else by the
// configuration. It reports false if neither knows.
func KindOf(runtime string, settings config.Config) (spec.Runtime, bool) {
	kind, known := behaviourOf(runtime)
	if !known && settings.RuntimeKind != "" {
		kind, known = spec.Runtime(settings.RuntimeKind), true
	}
	return kind, known
}

// behaviourOf tells by a runtime's file name what it does with propagation. Of
// a link, as distributions put one at runc or oci-runtime, the name of the file
// it leads to decides. It reports false for a runtime whose behaviour is not
// known: a sandbox such as runsc or kata mounts by rules of its own.
func behaviourOf(path string) (spec.Runtime, bool) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	switch filepath.Base(path) {
	case "runc", "docker-runc":
		return spec.RuntimeRunc, true
	case "crun":
		return spec.RuntimeCrun, true
	}
	return spec.RuntimeUnknown, false
}
