// Package mountns lists the mount namespaces of this machine, reads their mount
// tables, enters them and detaches mounts in them.
//
// There are two ways to look, and a Lister knows which one it goes. Linux 6.12
// and later walk the namespaces themselves and read any table by number; that
// takes the initial pid namespace and its privileges. Everywhere else /proc is
// searched, which costs a hundred times as much and does not see
//
//   - namespaces held only by a descriptor of a thread that does not share its
//     process' descriptors, or by one in flight through a socket;
//   - mounts that are outside the root directories of all of a namespace's
//     processes;
//   - mount ids that are not used again, unless they are asked for one by one.
//
// A path in a foreign namespace is whatever somebody there made of it. Reading
// tables asks no file system anything, but every function that walks a path
// (Namespace.Detach, Namespace.UniqueID) can be held up for ever by a FUSE file
// system that does not answer; only a process that can be abandoned should call
// them.
//
// Do not use the package where one mountpoint is asked for: whole tables are
// read.
package mountns
