package doctor

import (
	"os"
	"strings"
	"testing"
)

// engine is a unit with the name of an engine and nothing else of one.
func (m *machine) engine(name, settings string) {
	m.t.Helper()
	if _, err := os.Lstat(m.Path("/usr/local/bin", name)); err != nil {
		m.program("/usr/local/bin/"+name, "/bin/sleep")
	}
	m.Unit(name+".service", "[Service]\nType=exec\n"+settings+"\n")
	m.Run("systemctl", "restart", name)
}

func TestEngineOwnNamespace(t *testing.T) {
	const id = "engine-own-namespace"
	m := newMachine(t)
	const plain = "ExecStart=/usr/local/bin/crio infinity\n"
	m.engine("crio", plain)
	m.requireNo(id)
	m.engine("crio", plain+"MountFlags=slave\n")
	m.requireOne(id, "warning", "crio (pid ", "crio.service", "systemctl edit --full crio.service")
	// OpenShift has one namespace for kubelet and CRI-O.
	m.bindNamespace("/run/kubens/mnt", "slave")
	m.engine("crio", "ExecStart=/usr/bin/nsenter --mount=/run/kubens/mnt /usr/local/bin/crio infinity\n")
	own := m.sh("readlink /proc/$(systemctl show --property=MainPID --value crio)/ns/mnt")
	if first := m.sh("readlink /proc/1/ns/mnt"); own == first {
		t.Fatalf("crio is in %s as well", first)
	}
	m.requireNo(id)
}

// container runs one that sleeps, with shared memory that is mounted on the host.
func (m *machine) container(name string, options ...string) {
	m.t.Helper()
	m.Run(append(append([]string{"docker", "run", "--detach", "--name", name, "--ipc", "shareable", "--network", "none"}, options...),
		"img", "/busybox", "sleep", "100000")...)
}

// docker starts a dockerd with an image.
func (m *machine) docker(settings, daemon string) {
	m.t.Helper()
	m.Write("/etc/docker/daemon.json", daemon)
	m.Unit("docker.service", "[Service]\nType=notify\nExecStart=/usr/sbin/dockerd --iptables=false --bridge=none\nDelegate=yes\nKillMode=process\n"+settings)
	m.Run("systemctl", "start", "docker")
	m.sh("tar -C /bin -c busybox | docker import - img")
	// Containers are not the unit's, and would outlive it.
	m.t.Cleanup(func() {
		if _, err := m.Try("sh", "-c", "docker rm --force $(docker ps --all --quiet)"); err != nil {
			m.t.Logf("clean up: %v", err)
		}
	})
}

// TestShimsLeftBehind has a dockerd whose containers go on when it is restarted,
// into another mount namespace.
func TestShimsLeftBehind(t *testing.T) {
	const id = "shims-left-behind"
	m := newMachine(t)
	m.docker("MountFlags=slave\n", `{"live-restore": true}`)
	m.container("web")
	m.requireNo(id)
	m.Run("systemctl", "restart", "docker")
	m.requireOne(id, "warning", "1 shim of containers", "docker.service", "MountFlags=")
	m.Run("docker", "restart", "--time", "0", "web")
	m.requireNo(id)
}

// TestServiceHoldsMounts has services that start while a container runs, and look
// at what they have when it ends.
func TestServiceHoldsMounts(t *testing.T) {
	m := newMachine(t)
	m.docker("", "{}")
	m.container("web")
	const service = "[Service]\nType=exec\nExecStart=/bin/sleep infinity\n"
	m.Unit("cron.service", service+"PrivateTmp=yes\n")
	m.Run("systemctl", "start", "cron")
	m.requireNo("service-holds-mounts")
	m.bindNamespace("/run/pins/mnt", "private")
	m.requireOne("service-holds-mounts", "warning", ", in which no process is seen, has ", "lsns --type mnt")
	m.Run("umount", "/run/pins/mnt")
	m.requireNo("service-holds-mounts")
	m.Unit("nginx.service", service+"MountFlags=private\n")
	m.Run("systemctl", "start", "nginx")
	m.requireOne("service-holds-mounts", "warning", "nginx.service (pid ", "has 3 mounts of containers", "/run/docker/netns/", "systemctl restart nginx.service")
	m.requireNo("lingering-mount")
	m.Run("docker", "stop", "--time", "0", "web")
	m.requireOne("lingering-mount", "error", "nginx.service (pid ", "has 2 mounts", " (container "+strings.TrimSpace(m.Run("docker", "inspect", "--format", "{{.Id}}", "web"))+" is stopped", "unbusy sweep --all")
	m.Run("unbusy", "sweep", "--all")
	m.requireNo("lingering-mount")
	m.requireNo("service-holds-mounts")
}
