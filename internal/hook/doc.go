// Package hook is what unbusy-hook does when a container engine or a runtime
// calls it in the life of a container, for hosts on which no runtime and no shim
// is replaced.
//
// What a hook answers decides whether a container starts or is removed. That is
// never refused: of every stage the status is 0 whatever it met, and what it met
// is in the system log and in the record of failures. The exceptions are words of
// the command line that mean nothing, and a specification that could not be read
// to its end: there is no answer then.
package hook
