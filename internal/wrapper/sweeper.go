package wrapper

import (
	"context"
	"io/fs"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/protect"
)

// Sweeper is what is done about a container's mounts when it starts and after
// it was deleted. Of the zero value nothing is done, and every command but
// create and run costs what the runtime costs.
//
// The functions need not fear panics, and what they print is seen by nobody.
// They are given up when their time is over; but a thread that cannot be
// killed, because a file system does not answer, keeps this process, too: what
// may meet one belongs in a child.
type Sweeper struct {
	// Record notes at start what will identify the container's mounts at its
	// end. What it returns, if that is not nil, detaches other containers' mounts from
	// the new container. That starts whatever becomes of either.
	Record func(Container) (detach func(context.Context) error, err error)
	// Prepare reads what the sweep has to know, while the runtime deletes the
	// container: nothing may be asked that the runtime removes. The sweep that it
	// returns is called if the runtime did delete the container; if it is nil, there
	// is nothing to sweep. An error means that there is no sweep.
	Prepare func(Container) (sweep func(context.Context) error, err error)
}

// Container is the container that a command of the runtime is about.
type Container struct {
	State
	Settings config.Config
	// Log has the container's id and bundle as fields.
	Log *logrus.Entry

	// file is where the runtime keeps its state.
	file string
}

// find returns the container that an invocation is about. The error satisfies
// fs.ErrNotExist if there is none that the wrapper could know of: a second
// delete, or a runtime whose state is not understood.
func find(invocation Invocation, runtime string, settings config.Config) (Container, error) {
	kind, known := protect.KindOf(runtime, settings)
	if !known {
		return Container{}, fs.ErrNotExist
	}
	root, err := stateRoot(kind, invocation.Root)
	if err != nil {
		return Container{}, err
	}
	file, err := stateFile(kind, root, invocation.ID)
	if err != nil {
		return Container{}, err
	}
	state, err := readState(kind, file, invocation.ID)
	if err != nil {
		return Container{}, err
	}
	entry := newLog(invocation, settings).WithFields(logrus.Fields{"container": state.ID, "bundle": state.Bundle})
	return Container{State: state, Settings: settings, Log: entry, file: file}, nil
}
