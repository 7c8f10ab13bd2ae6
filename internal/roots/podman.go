package roots

import (
	"os"
	"path/filepath"
	"strconv"
)

// storageGroup unites the users of containers/storage.
const storageGroup = "containers/storage"

// The graph root and the run root of containers/storage.
var (
	podmanGraph = layout{Podman, GraphRoot, storageGroup, storageOwners}
	podmanRun   = layout{Podman, RunRoot, storageGroup, storageOwners}
)

// storageOwners are the mount areas of a graph root and of a run root alike:
// a layer of an additional store is mounted in the run root (storage
// drivers/overlay/overlay.go, getMergedDir), and shm is in the userdata
// directory of the container, which podman takes from the graph root and CRI-O
// from the run root.
var storageOwners = []string{
	"overlay/*",
	"btrfs/subvolumes/*",
	"zfs/graph/*",
	"overlay-containers/*",
	"vfs-containers/*",
	"btrfs-containers/*",
	"zfs-containers/*",
	"volumes/*", // podman's named volumes
}

// storageFile is what matters here of storage.conf.
type storageFile struct {
	Storage struct {
		GraphRoot    string `toml:"graphroot"`
		RunRoot      string `toml:"runroot"`
		ImageStore   string `toml:"imagestore"`
		RootlessPath string `toml:"rootless_storage_path"`
	} `toml:"storage"`
}

// podman looks where containers/storage looks (storage types/options.go): in
// the file that the environment names, in the user's own, and in the
// administrator's or else that of the distribution. There a file hides those
// after it. Here the system's are read in any case: a rootless container can
// be given the directories of the rootful ones to hold.
func (f *finder) podman() {
	f.learn(&podmanGraph, "/var/lib/containers/storage", defaultSource)
	f.learn(&podmanRun, "/run/containers/storage", defaultSource)
	uid := f.rootlessUID()
	if uid != "" {
		f.rootlessDefaults()
	}
	if path := f.host.Getenv("CONTAINERS_STORAGE_CONF"); filepath.IsAbs(path) {
		f.storageConfig(path, uid)
	}
	if dir := f.configDir(uid); filepath.IsAbs(dir) {
		f.storageConfig(filepath.Join(dir, "containers/storage.conf"), uid)
	}
	if !f.storageConfig("/etc/containers/storage.conf", uid) {
		f.storageConfig("/usr/share/containers/storage.conf", uid)
	}
}

// storageConfig reads one storage.conf and says whether it is there.
func (f *finder) storageConfig(path, uid string) bool {
	var file storageFile
	if !f.tomlFile(path, &file) {
		return f.tree.resolve(filepath.Clean(path)).exists
	}
	src := source{byFile, path}
	f.learn(&podmanGraph, f.expand(file.Storage.GraphRoot, uid), src.key("graphroot"))
	f.learn(&podmanRun, f.expand(file.Storage.RunRoot, uid), src.key("runroot"))
	f.learn(&podmanGraph, f.expand(file.Storage.ImageStore, uid), src.key("imagestore"))
	if uid != "" {
		f.learn(&podmanGraph, f.expand(file.Storage.RootlessPath, uid), src.key("rootless_storage_path"))
	}
	return true
}

func (f *finder) rootlessDefaults() {
	data := f.host.Getenv("XDG_DATA_HOME")
	if home := f.host.Getenv("HOME"); data == "" && home != "" {
		data = home + "/.local/share"
	}
	if data != "" {
		f.learn(&podmanGraph, data+"/containers/storage", defaultSource)
	}
	if dir := f.runtimeDir(); dir != "" {
		f.learn(&podmanRun, dir+"/containers", defaultSource)
	}
}

// configDir is where the user's own storage.conf is looked for. Root has one
// only if the environment says so.
func (f *finder) configDir(uid string) string {
	if dir := f.host.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	if home := f.host.Getenv("HOME"); uid != "" && home != "" {
		return home + "/.config"
	}
	return ""
}

func (f *finder) runtimeDir() string {
	return f.host.Getenv("XDG_RUNTIME_DIR")
}

// rootlessUID is the user id that rootless podman works for, empty if that is
// not what we are called by. Inside its user namespace everybody is root, and
// the real id is in the environment (storage pkg/unshare/unshare_linux.go).
func (f *finder) rootlessUID() string {
	if uid := f.host.Getenv("_CONTAINERS_ROOTLESS_UID"); uid != "" && uid != "0" {
		return uid
	}
	if f.host.UID != 0 {
		return strconv.Itoa(f.host.UID)
	}
	return ""
}

// expand replaces variables in a path as containers/storage does (storage
// types/utils.go, expandEnvPath), except that a path with an unknown one is no
// path: "$HOME/storage" must not become "/storage".
func (f *finder) expand(path, uid string) string {
	unknown := false
	path = os.Expand(path, func(name string) string {
		value := f.host.Getenv(name)
		if name == "UID" {
			value = uid
		}
		unknown = unknown || value == ""
		return value
	})
	if unknown {
		return ""
	}
	return path
}

// conmon reads the command line of a container's monitor. Podman hands it its
// own command line for the time after the container's end, one word for each
// --exit-command-arg, and so tells where a store is that is in no file.
func (f *finder) conmon(p process) {
	exit := process{pid: p.pid, name: p.name}
	for i := 0; i+1 < len(p.args); i++ {
		if p.args[i] == "--exit-command-arg" {
			exit.args = append(exit.args, p.args[i+1])
			i++
		}
	}
	root, name := exit.flag("--root")
	f.learn(&podmanGraph, root, exit.source(name))
	runRoot, name := exit.flag("--runroot")
	f.learn(&podmanRun, runRoot, exit.source(name))
}
