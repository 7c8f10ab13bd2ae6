// Command pass is a runtime that does nothing but become runc: the least that a
// wrapper in Go can cost.
package main

import (
	"os"
	"syscall"
)

func main() {
	// Debian's, which dockerd takes where it is told no other.
	if err := syscall.Exec("/usr/sbin/runc", os.Args, os.Environ()); err != nil {
		os.Exit(1)
	}
}
