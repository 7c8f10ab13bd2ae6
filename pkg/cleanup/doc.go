// Package cleanup has the rules of the sweep: what a container owns of the
// mounts of its host, which copies of that are in other mount namespaces, and
// which of those may be detached.
//
// The rules are pure. Mount tables come in as values; what is to be done to the
// kernel is done by a [Detacher]. Nothing here decides by the name of a path
// alone: a copy is told by its superblock, by its age and by the directory it is
// mounted on.
//
// Do not use the package to unmount a container's own mounts where its engine
// made them: that is the engine's business.
package cleanup
