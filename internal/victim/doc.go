// Package victim says which mounts a container owns, by asking this host what
// the rules of pkg/cleanup have to know: the container's specification, its
// network namespace, the mount table of its engine.
package victim
