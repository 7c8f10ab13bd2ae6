// Package docker puts unbusy into dockerd's daemon.json, and takes it out again.
package docker
