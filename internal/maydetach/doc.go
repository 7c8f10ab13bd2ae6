// Package maydetach turns on fs.may_detach_mounts, the switch of RHEL and
// CentOS 7.4 and later (Linux 3.10) that lets a mountpoint be removed although
// it is mounted in another mount namespace. Kernels since 3.18 always do, and
// have no such switch.
package maydetach
