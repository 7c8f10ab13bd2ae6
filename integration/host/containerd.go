package host

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/unbusy/unbusy/integration/toolbox"
)

// Containerd is a running containerd with directories of its own.
type Containerd struct {
	h          *Host
	d          *daemon
	spec       daemonSpec
	config     containerdConfig
	bin        string // directory with ctr
	runc       string // path of the one that is first in PATH
	shimInPath string // path of the shim that is
	pathDirs   []string
	image      string
	images     map[string]bool // namespaces that have the image
}

// containerdConfig is what the template of containerd's configuration is
// filled in with.
type containerdConfig struct {
	Version             int // of the file's format
	Root, State, Socket string
	Image               string // of pod sandboxes
	Runtimes            []runtimeHandler
	CNI                 string // directory with the network's configuration
	CNIPlugins          string
	CNIDirs             bool // how the setting is called that has them
}

// CRI is the plugin's name in the configuration that runtimes are set in, as a
// key of TOML: one plugin was the whole of CRI before version 3.
func (c containerdConfig) CRI() string {
	switch c.Version {
	case 1:
		return "cri"
	case 2:
		return `"io.containerd.grpc.v1.cri"`
	default:
		return `"io.containerd.cri.v1.runtime"`
	}
}

//go:embed containerd.toml.tmpl
var containerdTOML string

// ContainerdOption changes how a Containerd is set up.
type ContainerdOption func(*containerdOptions)

type containerdOptions struct {
	version  string
	tags     []string
	config   int
	handlers []runtimeHandler
	network  bool
	first    []string      // in PATH
	oldRule  *kernelSwitch // nil for today's rule
}

// Tools is Version by the name of a pinned tool set, with build tags to build it
// with.
func Tools(set string, tags ...string) ContainerdOption {
	return func(o *containerdOptions) { o.version, o.tags = strings.TrimPrefix(set, containerdFamily), tags }
}

// PodNetwork gives the daemon a network namespace of its own, with a bridge, so
// that pods can have theirs.
func PodNetwork() ContainerdOption {
	return func(o *containerdOptions) { o.network = true }
}

// Containerd starts containerd. The runc of the pinned set is first in its PATH.
func (h *Host) Containerd(opts ...ContainerdOption) *Containerd {
	h.t.Helper()
	o := containerdOptions{version: "2.4"}
	for _, opt := range opts {
		opt(&o)
	}
	expected, found := configurations[o.version]
	if !found {
		h.t.Fatalf("there is no containerd %s", o.version)
	}
	if o.config == 0 {
		o.config = slices.Max(expected.versions)
	}
	bin := h.containerdPrograms(o.version, o.tags)
	runc := filepath.Join(h.tools("runc-1.5"), "runc")
	o.handlers = append(o.handlers, runtimeHandler{Name: "runc"})
	shim, dirs := h.settleHandlers(o.version, o.handlers, runc, bin)

	c := &Containerd{
		h:          h,
		bin:        bin,
		runc:       runc,
		shimInPath: shim,
		pathDirs:   append(o.first, dirs...),
		image:      ImageName,
		images:     map[string]bool{},
		config: containerdConfig{
			Version: o.config,
			Root:    h.Dir("containerd", "root"), State: h.Dir("containerd", "state"),
			Socket: filepath.Join(h.Dir("containerd"), "sock"), Image: ImageName,
			Runtimes: o.handlers, CNI: h.Dir("containerd", "cni"), CNIPlugins: "/usr/lib/cni",
			CNIDirs: expected.cniDirs,
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
	if o.oldRule != nil {
		c.spec = h.underOldRule(c.spec, *o.oldRule)
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
	c.d.launch(c.spec)
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
