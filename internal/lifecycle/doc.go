// Package lifecycle is what unbusy does about a container's mounts after
// it was created and after it has ended: a record of which ones they are, and the
// sweep for what is left of them.
package lifecycle
