// Package host gives tests and the demo a box on the real machine: a mount
// namespace in which / is recursively shared as on a host that systemd started,
// a /run of its own, throw-away directories and cgroups, and real engines that
// run in them.
//
// A program enters the box before it does anything else (Main, or Enter and
// Leave) and is then inside it as a whole: unlike a child process it can read
// its own mount table and mount for itself. The pid namespace stays the
// machine's, because the kernel shows foreign mount namespaces only there; the
// network stays, too, except for what a daemon is given.
//
// Nothing is left behind, however the program ends. A second process, the
// keeper, stands outside the box and in a session of its own, where neither
// Ctrl-C nor the box's mounts reach it. When the program asks, or is no more, it
// kills whatever runs in the box's cgroups, detaches its loop devices and
// removes its cgroups and directories. The mounts end with the last process.
//
// The package is not a sandbox: what runs in the box is root on this machine.
package host
