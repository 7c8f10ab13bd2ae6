// Package observe reads from the kernel who holds what: mounts, devices, loop
// devices, cgroups and processes. Tests and the demo judge unbusy by it, so it
// imports nothing of unbusy and reads the kernel's text itself. It changes
// nothing on the machine.
package observe
