package host

import (
	_ "embed"
	"path/filepath"
	"slices"
	"strings"
)

// Podman is the distribution's podman with a storage of its own. There is no
// daemon; each container has a monitor that ends with it.
type Podman struct {
	h       *Host
	path    string
	version string
	config  podmanConfig
	image   bool // is there
}

// podmanConfig is what the template of podman's configuration is filled in with.
type podmanConfig struct {
	Networks string // directory
	Image    string // of pods' infra containers
	Runtime  string
	Driver   string // of the storage
	Monitor  string // of containers, "" for the distribution's conmon

	dropIn        string      // the text of one, if there is one
	user          *podmanUser // who calls podman, nil for root
	noExitCommand bool
}

//go:embed podman.conf.tmpl
var podmanConf string

// PodmanOption changes how a Podman is set up.
type PodmanOption func(*podmanConfig)

// PodmanRuntime makes a binary what containers run under, in place of Debian's
// runc.
func PodmanRuntime(binary string) PodmanOption {
	return func(c *podmanConfig) { c.Runtime = binary }
}

// PodmanDriver chooses the storage driver, which is overlay if nothing else is
// said.
func PodmanDriver(name string) PodmanOption {
	return func(c *podmanConfig) { c.Driver = name }
}

// Podman prepares podman.
func (h *Host) Podman(opts ...PodmanOption) *Podman {
	h.t.Helper()
	path := h.Debian("podman", "podman")
	p := &Podman{
		h: h, path: path, version: h.version(path),
		config: podmanConfig{Networks: h.Dir("podman", "networks"), Image: ImageName, Runtime: h.Debian("runc", "runc"), Driver: "overlay"},
	}
	for _, opt := range opts {
		opt(&p.config)
	}
	if p.config.user != nil {
		p.config.user.settle(h)
	}
	p.writeMonitor()
	h.writeTemplate(p.configFile(), podmanConf, p.config)
	p.writeDropIn()
	return p
}

// Host is the host that it runs on.
func (p *Podman) Host() *Host { return p.h }

// Version is podman's major and minor version: "4.3".
func (p *Podman) Version() string { return p.version }

// RunRoot is where podman keeps what a reboot ends.
func (p *Podman) RunRoot() string {
	if p.config.user != nil {
		return p.config.user.runRoot()
	}
	return p.h.Dir("podman", "run")
}

// GraphRoot is where podman keeps and mounts containers.
func (p *Podman) GraphRoot() string {
	if p.config.user != nil {
		return p.config.user.graphRoot()
	}
	return p.h.Dir("podman", "root")
}

// Podman runs podman and returns its standard output.
func (p *Podman) Podman(args ...string) string {
	p.h.t.Helper()
	out, err := p.Try(args...)
	if err != nil {
		p.h.t.Fatalf("%v", err)
	}
	return out
}

// Try is Podman for a command that may fail: the error has the exit status and
// what podman wrote to standard error.
func (p *Podman) Try(args ...string) (string, error) {
	command := p.Command(args...)
	return p.h.Exec(nil, command[0], command[1:]...)
}

// Command is how podman is called, for a caller that runs it under something
// else by Exec.
func (p *Podman) Command(args ...string) []string {
	var command []string
	if p.config.user != nil {
		command = p.config.user.command(p.path)
	} else {
		command = []string{"/usr/bin/env", "TMPDIR=" + p.h.Dir("podman", "tmp"), p.path, "--root", p.GraphRoot(), "--runroot", p.RunRoot()}
	}
	// One that the variable names is the only one that is read.
	if p.config.dropIn == "" {
		command = slices.Insert(command, slices.Index(command, p.path), "CONTAINERS_CONF="+p.configFile())
	}
	command = append(command, "--storage-driver", p.config.Driver)
	return append(command, args...)
}

// Image makes the image known to podman and returns its name. It comes from
// this machine's busybox: no registry is asked.
func (p *Podman) Image() string {
	p.h.t.Helper()
	if p.image {
		return ImageName
	}
	archive := filepath.Join(p.h.Dir("podman"), "image.tar")
	if err := writeImage(archive); err != nil {
		p.h.t.Fatalf("make an image: %v", err)
	}
	p.image = true
	if p.config.user != nil {
		p.Podman("load", "--input", archive)
		return ImageName
	}
	// What podman learns about layers it keeps below /var/lib/containers,
	// whatever it is told.
	script := `mount -t tmpfs tmpfs /var/lib; exec "$@"`
	args := append([]string{"--mount", "sh", "-ec", script, "sh"}, p.Command("load", "--input", archive)...)
	if _, err := p.h.Exec(nil, "unshare", args...); err != nil {
		p.h.t.Fatalf("%v", err)
	}
	return ImageName
}

// Run runs a container of the image in the background, with the given options
// of podman run, and returns its id. Unless an option says otherwise it has no
// network. It is killed and removed with the test, if that has not happened by
// then.
func (p *Podman) Run(name string, options ...string) string {
	p.h.t.Helper()
	p.h.t.Cleanup(func() {
		// One that is no more is not there to be removed.
		_, _ = p.Try("rm", "--force", "--time", "0", "--volumes", name)
	})
	args := append([]string{"run", "--detach", "--name", name}, p.Cgroup()...)
	return strings.TrimSpace(p.Podman(append(append(args, options...), p.Image())...))
}

// Pod makes a pod of podman's, with the given options of podman pod create, and
// returns its id. Its infra container sleeps, and the pod has no network. It is
// removed with the test.
func (p *Podman) Pod(name string, options ...string) string {
	p.h.t.Helper()
	p.Image()
	p.h.t.Cleanup(func() {
		_, _ = p.Try("pod", "rm", "--force", "--time", "0", name)
	})
	args := append([]string{"pod", "create", "--name", name, "--network", "none"}, p.podCgroup()...)
	return strings.TrimSpace(p.Podman(append(args, options...)...))
}
