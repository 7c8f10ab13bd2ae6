// Package podman puts unbusy into podman's configuration, by a drop-in file,
// and takes it out again.
package podman
