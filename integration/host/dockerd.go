package host

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// Dockerd is a running dockerd of the distribution's, with directories of its
// own and a containerd that it starts itself. It makes no bridge and no packet
// filter rules: containers have the host's network or none. There can be one at
// a time in a box.
type Dockerd struct {
	h       *Host
	d       *daemon
	spec    daemonSpec
	client  string // path of docker
	version string
	config  dockerdConfig
	socket  string
	image   bool     // is there
	names   []string // of containers that end with the test
}

// dockerdConfig is a daemon.json.
type dockerdConfig struct {
	DataRoot       string                       `json:"data-root"`
	ExecRoot       string                       `json:"exec-root"`
	PIDFile        string                       `json:"pidfile"`
	KeyFile        string                       `json:"deprecated-key-path,omitempty"`
	Bridge         string                       `json:"bridge"`
	IPTables       bool                         `json:"iptables"`
	IP6Tables      bool                         `json:"ip6tables"`
	CgroupParent   string                       `json:"cgroup-parent"`
	ExecOpts       []string                     `json:"exec-opts"`
	Runtimes       map[string]map[string]string `json:"runtimes,omitempty"`
	DefaultRuntime string                       `json:"default-runtime,omitempty"`
	LiveRestore    bool                         `json:"live-restore,omitempty"`
}

// DockerdOption changes how a Dockerd is set up.
type DockerdOption func(*dockerdConfig)

// DockerRuntime makes a binary what containers run under, as in daemon.json's
// runtimes. The first one given is what containers run under that ask for
// nothing else; Debian's runc is always there as "runc".
func DockerRuntime(name, binary string) DockerdOption {
	return func(c *dockerdConfig) {
		c.Runtimes[name] = map[string]string{"path": binary}
		if c.DefaultRuntime == "" {
			c.DefaultRuntime = name
		}
	}
}

// Dockerd starts dockerd.
func (h *Host) Dockerd(opts ...DockerdOption) *Dockerd {
	h.t.Helper()
	path, client := h.Debian("dockerd", "docker.io"), h.Debian("docker", "docker.io or docker-cli")
	d := &Dockerd{
		h: h, client: client, version: h.version(path),
		socket: filepath.Join(h.Dir("docker"), "sock"),
		config: dockerdConfig{
			DataRoot: h.Dir("docker", "data"), ExecRoot: h.Dir("docker", "exec"), Bridge: "none",
			// Where it is for everyone who looks for dockerd.
			PIDFile:      "/run/docker.pid",
			CgroupParent: h.Cgroup("docker"), ExecOpts: []string{"native.cgroupdriver=cgroupfs"},
			Runtimes: map[string]map[string]string{},
		},
	}
	for _, opt := range opts {
		opt(&d.config)
	}
	h.t.Cleanup(d.clearExecRoot)
	if d.version == "20.10" {
		// Otherwise it makes a key in /etc/docker; later ones do not.
		d.config.KeyFile = filepath.Join(h.Dir("docker"), "key.json")
	}
	// A containerd whose configuration dockerd writes makes a directory there.
	h.shield("/opt")
	config, err := json.Marshal(d.config)
	file := filepath.Join(h.Dir("docker"), "daemon.json")
	if err == nil {
		err = os.WriteFile(file, config, 0o644)
	}
	if err != nil {
		h.t.Fatalf("configure dockerd: %v", err)
	}
	d.spec = daemonSpec{
		name: "dockerd", path: path, args: []string{"--config-file", file, "--host", "unix://" + d.socket}, socket: d.socket,
	}
	d.start(d.spec)
	return d
}

// Host is the host that it runs on.
func (d *Dockerd) Host() *Host { return d.h }

// Version is dockerd's major and minor version: "20.10".
func (d *Dockerd) Version() string { return d.version }

// DataRoot is dockerd's data root.
func (d *Dockerd) DataRoot() string { return d.config.DataRoot }

// ExecRoot is dockerd's exec root.
func (d *Dockerd) ExecRoot() string { return d.config.ExecRoot }

// Socket is where dockerd listens.
func (d *Dockerd) Socket() string { return d.socket }

// Docker runs Docker's own client and returns its standard output.
func (d *Dockerd) Docker(args ...string) string {
	d.h.t.Helper()
	out, err := d.Try(args...)
	if err != nil {
		d.h.t.Fatalf("%v", err)
	}
	return out
}

// Try is Docker for what may fail. The error has the exit status and what was
// written to standard error.
func (d *Dockerd) Try(args ...string) (string, error) {
	command := d.Command(args...)
	return d.h.Exec(nil, command[0], command[1:]...)
}

// Command is the command line that Docker runs.
func (d *Dockerd) Command(args ...string) []string {
	global := []string{d.client, "--config", filepath.Join(d.h.dir, "docker", "client"), "--host", "unix://" + d.socket}
	return append(global, args...)
}

// Image makes the image known to dockerd and returns its name. It comes from
// this machine's busybox: no registry is asked.
func (d *Dockerd) Image() string {
	d.h.t.Helper()
	if !d.image {
		// An OCI layout is no input for dockerd before version 25.
		layer, err := busyboxLayer()
		archive := filepath.Join(d.h.dir, "layer.tar")
		if err == nil {
			err = os.WriteFile(archive, layer, 0o644)
		}
		if err != nil {
			d.h.t.Fatalf("make an image: %v", err)
		}
		d.Docker("import", "--change", `CMD ["sleep","1000000"]`, "--change", "ENV PATH=/bin", archive, ImageName)
		d.image = true
	}
	return ImageName
}

// Run runs a container of the image in the background, with the given options
// of docker run, and returns its id. It is killed and removed with the test, if
// that has not happened by then.
func (d *Dockerd) Run(name string, options ...string) string {
	d.h.t.Helper()
	image := d.Image()
	// Without a bridge there is no network to be had by default.
	args := []string{"run", "--detach", "--name", name}
	d.names = append(d.names, name)
	return strings.TrimSpace(d.Docker(append(append(args, options...), image)...))
}
