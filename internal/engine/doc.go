// Package engine finds the mount namespaces that belong to container engines,
// in which nothing may be unmounted on behalf of anyone: there the mounts are
// the originals.
//
// An engine is told by what its process is called, which is that process' own
// choice. Who calls itself dockerd keeps its own namespace from being cleaned,
// and no other's. One that hides its name would lose protection: do not use the
// package to decide that a mount is nobody's, only that it is somebody's.
//
// It is for every stop of a container, and asks no daemon anything. What engines
// know about a container is asked by package ask.
package engine
