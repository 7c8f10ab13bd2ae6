package lifecycle

import (
	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Container is a container at whose start or end something is done about its
// mounts.
type Container struct {
	ID string
	// Bundle is the directory of its specification, absolute.
	Bundle string
	// PID is its first process, 0 if there is none or it is not known.
	PID      int
	Settings config.Config
	Log      *logrus.Entry
	// Launch starts the processes that may hang, nil for the plain way.
	Launch sweep.Launch
	// Areas are the host's mount areas, nil to look for them.
	Areas []spec.Area
}
