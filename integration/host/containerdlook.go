package host

import "os"

// Log is what containerd and the shims that it started have logged.
func (c *Containerd) Log() string {
	c.h.t.Helper()
	text, err := os.ReadFile(c.d.log)
	if err != nil {
		c.h.t.Fatalf("read the log of containerd: %v", err)
	}
	return string(text)
}

// ShimSocket is where the shim that serves a container or a pod listens.
func (c *Containerd) ShimSocket(id string) string {
	c.h.t.Helper()
	path, err := c.shimSocket(id)
	if err != nil {
		c.h.t.Fatalf("find the shim of %s: %v", id, err)
	}
	return path
}
