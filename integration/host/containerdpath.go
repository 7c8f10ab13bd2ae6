package host

// FirstInPath puts directories first in containerd's PATH.
func FirstInPath(dirs ...string) ContainerdOption {
	return func(o *containerdOptions) { o.first = append(o.first, dirs...) }
}

// ConfigFile is the configuration file that containerd was told to read.
func (c *Containerd) ConfigFile() string { return c.spec.args[len(c.spec.args)-1] }
