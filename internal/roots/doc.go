// Package roots finds the runtime roots of a host, the directories in which
// container engines keep and mount things, and the mount areas inside them.
//
// There are two depths. [Find] is for every start of a container: it looks at
// what the engines themselves read (their configuration files), at the
// directories they use by default, at the one process that a pid file names,
// and at the mount table it is given. [FindAll] is for people: it also reads
// the command lines of the engines that run. Neither asks a daemon anything.
//
// What is found errs on the side of too much. A directory that no engine uses
// any more costs nothing, whereas a moved directory that is missed leaves the
// mounts in it unprotected. In particular an engine's default directory is
// listed as long as it exists, wherever the configuration says that things go
// now: containers started before it was changed still live there.
package roots
