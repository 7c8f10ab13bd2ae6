// Package sweep looks through the mount namespaces of this host for what is left
// of a container's mounts, and detaches it.
//
// The rules are those of pkg/cleanup; this package gathers what they have to
// know and does what they decide. Looking at mount tables and detaching by
// identity is internal/mountns, telling engines from everything else is
// internal/engine, naming processes is internal/holder.
//
// Whatever walks a path in a foreign namespace, or asks a process's files what
// they are, can be left waiting for ever by a file system that does not answer.
// All of that is done in a process of its own, which is abandoned when its time
// is over: see [Run] and [Child].
package sweep
