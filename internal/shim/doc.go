// Package shim is containerd's own shim for runc, in process, with the creation
// and the deletion of containers wrapped: before one is created its
// specification is rewritten, and when one is deleted, the copies of its mounts
// in other mount namespaces are let go.
//
// Everything else is containerd's code. Whatever goes wrong in what is added is
// logged, and has no other consequence: the answers are those of the code that
// is wrapped.
package shim
