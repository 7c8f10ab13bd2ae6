package host

// Try is Ctr for a command that may fail: the error has the exit status and what
// ctr wrote to standard error.
func (c *Containerd) Try(args ...string) (string, error) { return c.ctr(args...) }
