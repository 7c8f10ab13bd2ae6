// Package holder finds the processes that hold mounts, and says what people call
// them.
//
// A mount is held by the namespaces it is in, and so by the processes in those:
// ByNamespace. Its superblock is held besides by whoever has a file or directory
// of it open, also where the mount is in no table any more: Uses.
//
// Not seen is what no process has in /proc: descriptors in flight through a
// socket or registered with an io_uring, the path that a local socket is bound to,
// swap and loop files, and a file system that is a layer of an overlay.
//
// What is looked at is other processes' own doing. None of it is asked of a file
// system, but the kernel can be kept from answering for a process for ever; only a
// process that can be abandoned should call this package.
package holder
