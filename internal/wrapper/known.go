package wrapper

import (
	"io/fs"
	"os"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/protect"
	"github.com/unbusy/unbusy/pkg/spec"
)

// known is a container that the runtime knows of. Its state is open: it can be read
// also when the runtime has removed it.
type known struct {
	kind       spec.Runtime
	file       *os.File
	invocation Invocation
	settings   config.Config
}

// find returns the container that an invocation is about. The error satisfies
// fs.ErrNotExist if there is none that the wrapper could know of: a second
// delete, or a runtime whose state is not understood.
func find(invocation Invocation, runtime string, settings config.Config) (known, error) {
	kind, understood := protect.KindOf(runtime, settings)
	if !understood {
		return known{}, fs.ErrNotExist
	}
	root, err := stateRoot(kind, invocation.Root)
	if err != nil {
		return known{}, err
	}
	path, err := stateFile(kind, root, invocation.ID)
	if err != nil {
		return known{}, err
	}
	file, err := openState(path)
	if err != nil {
		return known{}, err
	}
	return known{kind, file, invocation, settings}, nil
}

// read reads what the runtime knows, and closes it. With an error comes a container
// of which only the name is known.
func (k known) read() (Container, error) {
	defer k.file.Close()
	state, err := readState(k.kind, k.file, k.invocation.ID)
	if err != nil {
		return unread(k.invocation, k.settings), err
	}
	entry := newLog(k.invocation, k.settings).WithFields(logrus.Fields{"container": state.ID, "bundle": state.Bundle})
	return Container{State: state, Settings: k.settings, Log: entry, file: k.file.Name()}, nil
}

// unread is a container of which only the name is known.
func unread(invocation Invocation, settings config.Config) Container {
	return Container{
		State: State{ID: invocation.ID}, Settings: settings,
		Log: newLog(invocation, settings).WithField("container", invocation.ID),
	}
}
