package host

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// MachineDocker is Debian's dockerd as a service of a machine.
type MachineDocker struct {
	m    *Machine
	unit dockerUnit
}

// dockerUnit is what differs between the machines' docker.service.
type dockerUnit struct {
	prefix   string            // before the command line of dockerd
	settings []string          // of the section Service
	daemon   map[string]any    // daemon.json
	runtimes map[string]string // paths by name
}

// MachineDockerOption changes how dockerd is set up in a machine.
type MachineDockerOption func(*dockerUnit)

// Behind puts something before dockerd's command line, as OldRule returns it.
func Behind(prefix string) MachineDockerOption {
	return func(u *dockerUnit) { u.prefix = prefix }
}

// ServiceSetting adds a line to the section Service of the unit:
// "MountFlags=slave".
func ServiceSetting(line string) MachineDockerOption {
	return func(u *dockerUnit) { u.settings = append(u.settings, line) }
}

// DaemonSetting sets a key of daemon.json.
func DaemonSetting(key string, value any) MachineDockerOption {
	return func(u *dockerUnit) { u.daemon[key] = value }
}

// UnderUnbusy makes unbusy-runtime of UNBUSY_BIN the default runtime.
func UnderUnbusy() MachineDockerOption {
	return func(u *dockerUnit) {
		u.runtimes["unbusy"] = "/usr/local/bin/unbusy-runtime"
		u.daemon["default-runtime"] = "unbusy"
	}
}

// Docker sets dockerd up as a service, starts it, and makes the image known to
// it.
func (m *Machine) Docker(opts ...MachineDockerOption) *MachineDocker {
	m.h.t.Helper()
	m.h.Debian("dockerd", "docker.io")
	d := &MachineDocker{m: m, unit: dockerUnit{daemon: make(map[string]any), runtimes: make(map[string]string)}}
	for _, opt := range opts {
		opt(&d.unit)
	}
	runtimes := make(map[string]any)
	for name, path := range d.unit.runtimes {
		runtimes[name] = map[string]string{"path": path}
	}
	if len(runtimes) > 0 {
		d.unit.daemon["runtimes"] = runtimes
	}
	config, err := json.MarshalIndent(d.unit.daemon, "", "  ")
	if err != nil {
		m.h.t.Fatalf("configure dockerd: %v", err)
	}
	m.Write("/etc/docker/daemon.json", string(config)+"\n")
	lines := append([]string{
		"[Service]", "Type=notify", "Delegate=yes", "KillMode=process",
		// The machine has no bridge, and no need for one.
		"ExecStart=" + d.unit.prefix + "/usr/sbin/dockerd --iptables=false --bridge=none --log-level=warn",
	}, d.unit.settings...)
	m.Unit("docker.service", strings.Join(lines, "\n")+"\n")
	m.Run("systemctl", "start", "docker")
	// An OCI layout is no input for dockerd before version 25.
	layer, err := busyboxLayer()
	if err == nil {
		err = os.WriteFile(m.Path("/run/layer.tar"), layer, 0o644)
	}
	if err != nil {
		m.h.t.Fatalf("make an image: %v", err)
	}
	m.Run("docker", "import", "--change", `CMD ["sleep","1000000"]`, "--change", "ENV PATH=/bin", "/run/layer.tar", ImageName)
	return d
}

// Run starts a container of the image and returns its id.
func (d *MachineDocker) Run(name string, options ...string) string {
	d.m.h.t.Helper()
	args := append([]string{"docker", "run", "--detach", "--network=none", "--name=" + name}, options...)
	return strings.TrimSpace(d.m.Run(append(args, ImageName)...))
}

// Merged is where a container's root file system is mounted in the machine.
func (d *MachineDocker) Merged(container string) string {
	d.m.h.t.Helper()
	return strings.TrimSpace(d.m.Run("docker", "inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", container))
}

// State is what docker says of a container: "running", "removing", "dead".
func (d *MachineDocker) State(container string) string {
	d.m.h.t.Helper()
	return strings.TrimSpace(d.m.Run("docker", "inspect", "--format", "{{.State.Status}}", container))
}

// InstallUnbusy puts the programs of UNBUSY_BIN into the machine's
// /usr/local/bin.
func (m *Machine) InstallUnbusy() {
	m.h.t.Helper()
	dir := os.Getenv("UNBUSY_BIN")
	for _, name := range []string{"unbusy", "unbusy-runtime", "unbusy-hook", "containerd-shim-unbusy-v2"} {
		program, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(m.Path("/usr/local/bin", name), program, 0o755)
		}
		if err != nil {
			m.h.t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
		}
	}
}

// Shim is the pid, seen from outside, of the shim of a container.
func (d *MachineDocker) Shim(container string) int {
	d.m.h.t.Helper()
	inside := strings.TrimSpace(d.m.Run("pgrep", "--full", "--", "containerd-shim-runc-v2.* -id "+container))
	pid, err := d.m.outside(inside)
	if err != nil {
		d.m.h.t.Fatalf("find the shim of %s: %v", container, err)
	}
	return pid
}

// ID is a container's id.
func (d *MachineDocker) ID(container string) string {
	d.m.h.t.Helper()
	return strings.TrimSpace(d.m.Run("docker", "inspect", "--format", "{{.Id}}", container))
}

// Pid is the pid, seen from outside, of a container's first process.
func (d *MachineDocker) Pid(container string) int {
	d.m.h.t.Helper()
	pid, err := d.m.outside(strings.TrimSpace(d.m.Run("docker", "inspect", "--format", "{{.State.Pid}}", container)))
	if err != nil {
		d.m.h.t.Fatalf("find the process of %s: %v", container, err)
	}
	return pid
}
