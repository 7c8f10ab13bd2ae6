package host

// nested runs a program in a mount and a pid namespace of its own. unshare takes
// no notice of SIGTERM while it waits for what it has started, and the kernel
// kills that with it; with the first process of a pid namespace all others end.
const nested = `unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$@" &
trap 'kill -KILL $!' TERM
wait $!`

// RestartNested starts containerd again after Kill in a mount and a pid namespace
// of its own, as an engine in a container is. Its shims and containers are there,
// too, and end with it; pids are those of the pid namespace.
func (c *Containerd) RestartNested() {
	c.h.t.Helper()
	apart := c.spec
	apart.path = "/bin/sh"
	apart.args = append([]string{"-c", nested, "sh", c.spec.path}, c.spec.args...)
	c.d.launch(apart)
}
