package host

// RestartApart starts containerd again after Kill in a mount namespace of its
// own, as a service has it with MountFlags= or PrivateMounts=. Its mounts are
// private there. Its shims and containers from before stay where they are.
func (c *Containerd) RestartApart() {
	c.h.t.Helper()
	apart := c.spec
	apart.path = c.h.Debian("unshare", "util-linux")
	// unshare becomes containerd, so that its process is the one to wait for.
	apart.args = append([]string{"--mount", "--propagation", "private", c.spec.path}, c.spec.args...)
	c.d.launch(apart)
}

// Pid is the pid of containerd itself.
func (c *Containerd) Pid() int { return c.d.cmd.Process.Pid }
