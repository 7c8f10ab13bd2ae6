package engines

import (
	"fmt"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
)

// The findings of this package.
const (
	// notProtected is an engine that runs containers without unbusy.
	notProtected = "engine-not-protected"
	// bypasses is a way past unbusy on an engine that has it.
	bypasses = "runtime-bypasses-unbusy"
	// missing is a program of unbusy's that a configuration names and that
	// cannot be executed.
	missing = "unbusy-binary-missing"
	// missingShim is the program of a running container's shim that is gone.
	missingShim = "shim-binary-missing"
	// withLiveRestore is a dockerd that leaves its containers' mounts behind when
	// it is restarted.
	withLiveRestore = "mountflags-with-live-restore"
	// dead is a container of Docker's that cannot be removed.
	dead = "container-dead"
	// precreate is a hook for which CRI-O does not start.
	precreate = "crio-precreate-hook"
	// holdsOthers is a running container that keeps the mounts of others.
	holdsOthers = "container-holds-others"
)

// most is how many things of a kind one line names.
const most = 3

// some names the first of many things.
func some(things []string) string {
	text := strings.Join(things[:min(most, len(things))], ", ")
	if more := len(things) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// count is a number of things in words: "1 container", "2 containers".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// missingProgram is the finding for a program of unbusy's that cannot be
// executed.
func missingProgram(where, path, why string) doctor.Finding {
	return doctor.Finding{
		ID: missing, Severity: doctor.Broken,
		Evidence: fmt.Sprintf("%s names %s, which %s: no container starts under it", where, path, why),
		Fix:      "install the unbusy package again, or put the right path there",
	}
}
