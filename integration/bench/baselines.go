package main

import "slices"

// baseline is a command that a shell runs.
type baseline struct {
	name, script string
	// slow ones start a process for each namespace.
	slow bool
}

// What people use today to find out who holds a mount, as commands that a shell
// runs with the identifier as $1 and the mount's path as $2. Their output goes
// into a pipe: grep stops at the first match if it is /dev/null.
var baselines = []baseline{
	{"grep", `grep "$1" /proc/*/mountinfo`, false},
	{"find and grep", `find /proc/*/mountinfo | xargs grep "$1"`, false},
	{"find-busy-mnt", `for f in $(grep -l "$1" /proc/*/mountinfo); do
	p=${f#/proc/} p=${p%/mountinfo}
	echo "$p $(readlink /proc/$p/ns/mnt) $(tr '\0' ' ' </proc/$p/cmdline)"
done`, false},
	{"lsns", `lsns -t mnt`, false},
	{"lsns and findmnt", `lsns -t mnt -n -o PID | while read -r p; do
	findmnt -N "$p" -n -r -o TARGET | sed -n "s|.*$1.*|$p &|p"
done`, true},
}

// quick are those that start few processes.
var quick = slices.DeleteFunc(slices.Clone(baselines), func(b baseline) bool { return b.slow })

// detachAll is how people get rid of a mount in all namespaces.
const detachAll = `lsns -t mnt -n -o PID | while read -r p; do
	nsenter -t "$p" -m umount -l "$2" 2>/dev/null || true
done`
