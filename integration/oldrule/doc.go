// Package oldrule gives programs the rule of RHEL and CentOS 7's kernel (Linux
// 3.10): rmdir, unlink and rename answer EBUSY for what is a mountpoint in any
// mount namespace, not only in the caller's. Where the switch
// fs.may_detach_mounts exists and is on, today's rule holds.
//
// It is an emulation of that rule, not that kernel. The calls of the programs
// that are started under it wait (seccomp's user notification) until all mount
// tables have been read. A mount that comes or goes between that look and the
// call itself is missed, and so are mounts in a namespace without a process.
package oldrule
