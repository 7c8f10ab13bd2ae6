// Package target goes from what somebody types (the identifier of a container, a
// path, a block device, the name of a network namespace) to the mounts that this
// means, and says whether they are in use.
//
// A container is known by what its engine keeps on disk about it. One that no
// engine knows any more is looked for in the mount tables of all namespaces, where
// what is left of it has its identifier in its path. Nothing is asked of a file
// system that may not answer, and nothing is changed.
package target
