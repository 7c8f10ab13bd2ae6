// Package wrapper is what unbusy-runtime does between its start and becoming
// the runtime that it wraps.
//
// It is invisible: the wrapped runtime gets the same arguments, environment,
// descriptors and process, and whatever goes wrong on the way is logged and
// otherwise without consequence. What Go's own start changes it cannot put
// back: signals that the caller ignored, other than SIGHUP and SIGINT, have
// their default action again, as they have for a runtime written in Go.
package wrapper
