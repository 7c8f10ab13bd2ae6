package ask

import "errors"

// Answer is what an engine says about a container.
type Answer int

// The answers.
const (
	// Unknown is no answer. It comes with an error.
	Unknown Answer = iota
	// NoSuch says that a living engine does not know the id.
	NoSuch
	// Stopped says that the container is there and has no process: created,
	// exited, dead, about to be removed. Its file system can be mounted again at
	// any time, also without its being started (docker cp).
	Stopped
	// Running says that it has processes, or may have.
	Running
)

// String is the answer in one word.
func (a Answer) String() string {
	switch a {
	case NoSuch:
		return "none"
	case Stopped:
		return "stopped"
	case Running:
		return "running"
	default:
		return "unknown"
	}
}

// ErrNoAnswer says that no engine can be asked, or that none answered.
var ErrNoAnswer = errors.New("no engine answers")

// isID recognises the ids that Docker and podman give to containers and layers.
// Both take names and beginnings of ids as well, which are somebody else's.
func isID(id string) bool {
	if len(id) != 64 {
		return false
	}
	return isHex(id)
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
