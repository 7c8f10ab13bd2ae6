// Package protect is what happens before a container is created: its
// specification is rewritten, and fs.may_detach_mounts is turned on. It fails
// open: whatever happens, the container starts with the specification it had.
package protect
