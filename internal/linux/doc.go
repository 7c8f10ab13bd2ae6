// Package linux wraps the system calls that the standard library has no form
// for. A call that the kernel interrupts is made again, and errors carry the
// name of the call.
package linux
