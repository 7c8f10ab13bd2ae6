package host

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"github.com/unbusy/unbusy/integration/toolbox"
)

// Containerd is a running containerd with directories of its own.
type Containerd struct {
	h        *Host
	d        *daemon
	spec     daemonSpec
	config   containerdConfig
	bin      string // directory with ctr
	pathDirs []string
	image    string
	images   map[string]bool // namespaces that have the image
}

// containerdConfig is what the template of containerd's configuration is
// filled in with.
type containerdConfig struct {
	Root, State, Socket string
	Image               string // of pod sandboxes
	Runtimes            []runtimeHandler
	CNI                 string // directory with the network's configuration
	CNIPlugins          string
}

// runtimeHandler is a name under which containerd's own shim for runc calls a
// binary.
type runtimeHandler struct{ Name, Binary string }

//go:embed containerd.toml.tmpl
var containerdTOML string

// ContainerdOption changes how a Containerd is set up.
type ContainerdOption func(*containerdOptions)

type containerdOptions struct {
	tools    string
	tags     []string
	handlers []runtimeHandler
	network  bool
}

// Tools chooses the pinned tool set that containerd, its shim and ctr are from,
// and build tags to build it with. It is containerd-2.4 if nothing else is said.
func Tools(set string, tags ...string) ContainerdOption {
	return func(o *containerdOptions) { o.tools, o.tags = set, tags }
}

// Runtime lets containers run under a binary in place of runc, by the unchanged
// shim that would call runc. The first one given is what containers run under
// that ask for nothing else; runc is always there under its own name.
func Runtime(name, binary string) ContainerdOption {
	return func(o *containerdOptions) { o.handlers = append(o.handlers, runtimeHandler{name, binary}) }
}

// PodNetwork gives the daemon a network namespace of its own, with a bridge, so
// that pods can have theirs.
func PodNetwork() ContainerdOption {
	return func(o *containerdOptions) { o.network = true }
}

// Containerd starts containerd. The runc of the pinned set is first in its PATH.
func (h *Host) Containerd(opts ...ContainerdOption) *Containerd {
	h.t.Helper()
	o := containerdOptions{tools: "containerd-2.4"}
	for _, opt := range opts {
		opt(&o)
	}
	bin := h.tools(o.tools, o.tags...)
	runc := h.tools("runc-1.5")
	o.handlers = append(o.handlers, runtimeHandler{"runc", filepath.Join(runc, "runc")})

	c := &Containerd{
		h:        h,
		bin:      bin,
		pathDirs: []string{runc, bin},
		image:    ImageName,
		images:   map[string]bool{},
		config: containerdConfig{
			Root: h.Dir("containerd", "root"), State: h.Dir("containerd", "state"),
			Socket: filepath.Join(h.Dir("containerd"), "sock"), Image: ImageName,
			Runtimes: o.handlers, CNI: h.Dir("containerd", "cni"), CNIPlugins: "/usr/lib/cni",
		},
	}
	if o.network {
		h.writeNetwork(c.config.CNI, c.config.CNIPlugins)
	}
	path := filepath.Join(h.Dir("containerd"), "config.toml")
	h.writeTemplate(path, containerdTOML, c.config)
	c.spec = daemonSpec{
		name: "containerd", path: filepath.Join(bin, "containerd"), args: []string{"--config", path},
		dirs: c.pathDirs, network: o.network, socket: c.config.Socket,
	}
	c.d = h.start(c.spec)
	return c
}

// Root is containerd's root directory.
func (c *Containerd) Root() string { return c.config.Root }

// State is containerd's state directory, where containers' bundles are.
func (c *Containerd) State() string { return c.config.State }

// Socket is where containerd listens.
func (c *Containerd) Socket() string { return c.config.Socket }

// Host is the host that it runs on.
func (c *Containerd) Host() *Host { return c.h }

// Kill ends containerd as a crash would; its shims and containers go on.
func (c *Containerd) Kill() {
	c.h.t.Helper()
	c.d.kill()
}

// Restart starts containerd again after Kill, on the same directories.
func (c *Containerd) Restart() {
	c.h.t.Helper()
	c.d = c.h.start(c.spec)
}

// Ctr runs containerd's own client and returns its standard output.
func (c *Containerd) Ctr(args ...string) string {
	c.h.t.Helper()
	out, err := c.ctr(args...)
	if err != nil {
		c.h.t.Fatalf("%v", err)
	}
	return out
}

func (c *Containerd) ctr(args ...string) (string, error) {
	return c.h.Exec(c.pathDirs, filepath.Join(c.bin, "ctr"), append([]string{"--address", c.config.Socket}, args...)...)
}

// tools returns the directory of a pinned tool set.
func (h *Host) tools(set string, tags ...string) string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), buildPatience)
	defer cancel()
	dir, err := toolbox.Get(ctx, set, tags...)
	if err != nil {
		h.t.Fatalf("%v", err)
	}
	return dir
}

// writeTemplate writes a configuration file.
func (h *Host) writeTemplate(path, text string, data any) {
	h.t.Helper()
	var out bytes.Buffer
	err := template.Must(template.New(filepath.Base(path)).Parse(text)).Execute(&out, data)
	if err == nil {
		err = os.WriteFile(path, out.Bytes(), 0o644)
	}
	if err != nil {
		h.t.Fatalf("%v", fmt.Errorf("write configuration: %w", err))
	}
}
