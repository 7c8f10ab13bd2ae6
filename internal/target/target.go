package target

import (
	"context"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// Type is what a word was taken for.
type Type string

// The types of targets.
const (
	OfContainer Type = "container"
	OfPath      Type = "path"
	OfDevice    Type = "device"
	OfNetns     Type = "netns"
)

// State is what has become of a container, as its engine says.
type State string

// The states.
const (
	// Running is one that has processes, or may get some without being started.
	Running State = "running"
	// Stopped is one that its engine knows and that does not run.
	Stopped State = "stopped"
	// Gone is one that the engine does not know.
	Gone State = "gone"
	// Unknown is the state if the engine cannot be asked.
	Unknown State = "unknown"
)

// Asker asks whose a path in a mount area is, as [ask.OwnerOf] does. Without an
// answer there is an error.
type Asker func(ctx context.Context, path string) (ask.Owner, error)

// Target is what a word means.
type Target struct {
	// Name is the word.
	Name string
	Type Type
	// Container is the one that is meant, or to which the mounts belong; without
	// an ID there is none that an engine knows.
	Container Container
	// PodUID is the Kubernetes identifier of the container's pod, if it has one.
	PodUID string
	// State is empty without a container, and [Gone] for one that no engine knows.
	State State
	// Owned are the mounts.
	Owned []cleanup.Owned
	// ByPlace is that of [cleanup.Options]: some mounts are known by their copies
	// only.
	ByPlace bool
	// Unsure says that nothing is mounted that some of the mounts could be
	// recognised by: only processes can have them open still.
	Unsure bool
	// InUse says why nothing may be detached, empty if nothing forbids it.
	InUse cleanup.Refusal
	// Incomplete says what could not be looked at.
	Incomplete []string
	// Shared says of devices that back more than the target, by which no process
	// is told to hold it.
	Shared map[Device]bool

	// refuse says why nothing may be detached, whoever has it mounted.
	refuse cleanup.Refusal
}
