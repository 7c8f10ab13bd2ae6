// Package wrapper is what unbusy-runtime does between its start and becoming
// the runtime that it wraps, and in one case after the runtime's end.
//
// It is invisible: the wrapped runtime gets the same arguments, environment,
// descriptors and process, and whatever goes wrong on the way is logged and
// otherwise without consequence. What Go's own start changes it cannot put
// back: signals that the caller ignored, other than SIGHUP and SIGINT, have
// their default action again, as they have for a runtime written in Go.
//
// The one case is the deletion of a container of which there is something to
// sweep. There the runtime is a child, which is killed if the wrapper is. Its
// caller sees it end as it ends, and its output end when it does; the process
// that the caller waits for ends after the sweep.
package wrapper
