package engine

import "strconv"

// resident is a process for the sake of which a namespace is protected.
type resident struct {
	process
	// engine is the usual name of the engine that it is, or that it works for.
	engine string
	role   role
	// helper says that it works for an engine.
	helper bool
	// nested says that the engine is not one of this host's.
	nested bool
}

// String says it for people, without a word that the process chose.
func (r resident) String() string {
	text := r.engine
	if r.helper {
		text = "helper of " + text
	}
	if r.nested {
		text = "nested " + text
	}
	return text + " (pid " + strconv.Itoa(r.pid) + ")"
}

// says orders residents of one namespace by how much they say about it.
func (r resident) says() int {
	switch {
	case !r.helper && !r.nested:
		return 3
	case !r.helper:
		return 2
	}
	return 1
}
