package roots

import (
	"bytes"
	"path/filepath"
	"strings"
)

// dockerData is dockerd's data root.
var dockerData = layout{Docker, DataRoot, "docker", []string{
	// One directory for each layer that is mounted, named by the storage
	// driver (moby daemon/graphdriver/*: mergedDirName in overlay2, mnt in
	// devicemapper and aufs, subvolumes in btrfs, graph in zfs). overlay,
	// aufs and devicemapper are gone from today's releases, not from hosts.
	"overlay2/*",
	"fuse-overlayfs/*",
	"overlay/*",
	"aufs/mnt/*",
	"devicemapper/mnt/*",
	"btrfs/subvolumes/*",
	"zfs/graph/*",
	// The root file systems of the containerd image store (moby
	// daemon/snapshotter/mount.go, mountsDir).
	"rootfs/*/*",
	// mounts/shm and mounts/secrets of a container (moby
	// daemon/container/container_unix.go).
	"containers/*",
	// Volumes of the local driver that have mount options (moby
	// daemon/volume/local).
	"volumes/*",
	// rootfs and propagated-mount of a managed plugin (moby
	// daemon/pkg/plugin/manager_linux.go).
	"plugins/*",
	// Where the built-in BuildKit mounts the root of a build step (moby
	// daemon/internal/builder-next/executor_linux.go).
	"buildkit/executor/*",
	// TMPDIR of the daemon (moby daemon/daemon.go, prepareTempDir), where
	// containerd's and BuildKit's libraries mount a layer to look into it.
	"tmp/*",
}}

// dockerExec is dockerd's exec root.
var dockerExec = layout{Docker, ExecRoot, "docker", []string{
	// The network namespaces of containers and of swarm's overlay networks
	// (moby daemon/libnetwork/osl/namespace_linux.go).
	"netns/*",
}}

// dockerSettings are the keys of daemon.json that move things.
type dockerSettings struct {
	DataRoot string `json:"data-root"`
	Graph    string `json:"graph"` // its name before 17.05, accepted until 22.06
	ExecRoot string `json:"exec-root"`
	PIDFile  string `json:"pidfile"`
}

// docker looks for dockerd as packages install it, and for that of the docker
// snap (docker-snap, bin/dockerd-wrapper and the command line it makes).
func (f *finder) docker() {
	for _, path := range []string{"/var/lib/docker", "/var/snap/docker/common/var-lib-docker"} {
		f.dockerDataRoot(path, defaultSource)
	}
	for _, path := range []string{"/run/docker", "/run/snap.docker", "/var/snap/docker/current/run/docker"} {
		f.dockerExecRoot(path, defaultSource)
	}
	f.dockerPIDFile("/run/docker.pid")
	f.dockerPIDFile("/run/snap.docker/docker.pid")
	for _, path := range []string{"/etc/docker/daemon.json", "/var/snap/docker/current/config/daemon.json"} {
		f.dockerPIDFile(f.dockerConfig(path, source{byFile, path}))
	}
}

// dockerConfig reads a daemon.json and returns the pid file it names, if any.
func (f *finder) dockerConfig(path string, src source) (pidFile string) {
	var settings dockerSettings
	if !f.jsonFile(path, &settings) {
		return ""
	}
	f.dockerDataRoot(settings.DataRoot, src.key("data-root"))
	f.dockerDataRoot(settings.Graph, src.key("graph"))
	f.dockerExecRoot(settings.ExecRoot, src.key("exec-root"))
	return settings.PIDFile
}

// dockerPIDFile looks at the process that dockerd's pid file names. This is
// the only way to a directory that was moved on the command line before the
// first container runs there.
func (f *finder) dockerPIDFile(path string) {
	if path == "" {
		return
	}
	data, ok := f.file(path)
	if !ok {
		return
	}
	pid := string(bytes.TrimSpace(data))
	if !isNumber(pid) {
		return
	}
	// The file outlives a daemon that was killed, and its number comes back
	// as something else.
	if p, ok := f.tree.process(pid); ok && p.is("dockerd") {
		f.dockerd(p)
	}
}

// dockerd reads the command line of a running dockerd.
func (f *finder) dockerd(p process) {
	data, name := p.flag("--data-root", "-g", "--graph")
	f.dockerDataRoot(data, p.source(name))
	exec, name := p.flag("--exec-root")
	f.dockerExecRoot(exec, p.source(name))
	if file, name := p.flag("--config-file"); filepath.IsAbs(file) {
		f.dockerConfig(file, p.source(name).key(file))
	}
}

func (f *finder) dockerDataRoot(path string, src source) {
	if root := f.learn(&dockerData, path, src); root != "" {
		f.insideDockerData(root, src)
	}
}

func (f *finder) dockerExecRoot(path string, src source) {
	if root := f.learn(&dockerExec, path, src); root != "" {
		f.insideDockerExec(root, src)
	}
}

// insideDockerData learns what dockerd makes in a data root: the root of a
// containerd of its own, and, under userns-remap, data roots named after the
// uid and the gid that root is mapped to (moby daemon/daemon_unix.go,
// setupDaemonRoot).
func (f *finder) insideDockerData(root string, src source) {
	f.dockerContainerd(&containerdRoot, root, src)
	for _, name := range f.tree.names(root) {
		if isRemappedRoot(name) {
			f.learn(&dockerData, below(root, name), src.key("userns-remap"))
			f.dockerContainerd(&containerdRoot, below(root, name), src.key("userns-remap"))
		}
	}
}

// insideDockerExec learns what dockerd makes in an exec root.
func (f *finder) insideDockerExec(root string, src source) {
	f.dockerContainerd(&containerdState, root, src)
}

// dockerContainerd learns a directory of dockerd's own containerd (moby
// daemon/internal/libcontainerd/supervisor/remote_daemon.go). There is none
// where the system's is used, and otherwise it is there before any container.
func (f *finder) dockerContainerd(l *layout, root string, src source) {
	if path := below(root, "containerd/daemon"); f.tree.resolve(path).exists {
		f.learn(l, path, src.key("dockerd's containerd"))
	}
}

// isRemappedRoot recognises "165536.165536".
func isRemappedRoot(name string) bool {
	uid, gid, ok := strings.Cut(name, ".")
	return ok && isNumber(uid) && isNumber(gid)
}

func isNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
