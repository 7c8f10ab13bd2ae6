// bare does nothing but become another program: the least that a wrapper in Go
// can cost.
package main

import (
	"os"
	"syscall"
)

func main() {
	if err := syscall.Exec(os.Args[1], os.Args[1:], os.Environ()); err != nil {
		os.Exit(1)
	}
}
