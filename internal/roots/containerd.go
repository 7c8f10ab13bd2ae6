package roots

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// containerdRoot is containerd's root, its persistent directory. Plugins have
// a directory each, named by type and id (containerd
// cmd/containerd/server/server.go).
var containerdRoot = layout{Containerd, DataRoot, "containerd", []string{
	// What a snapshotter keeps for a snapshot. Most only hand out things to
	// mount; those with a file system for each layer (stargz and
	// fuse-overlayfs, which k3s builds in) mount here, and btrfs hands out
	// these very directories (containerd plugins/snapshots/*).
	"io.containerd.snapshotter.v1.overlayfs/snapshots/*",
	"io.containerd.snapshotter.v1.native/snapshots/*",
	"io.containerd.snapshotter.v1.erofs/snapshots/*",
	"io.containerd.snapshotter.v1.stargz/snapshots/*",
	"io.containerd.snapshotter.v1.fuse-overlayfs/snapshots/*",
	"io.containerd.snapshotter.v1.btrfs/active/*",
	"io.containerd.snapshotter.v1.btrfs/view/*",
	"io.containerd.snapshotter.v1.btrfs/snapshots/*",
	// Mounts for as long as an image is unpacked or compared (containerd
	// cmd/containerd/command/main.go, SetTempMountLocation).
	"tmpmounts/*",
}}

// containerdState is containerd's state directory.
var containerdState = layout{Containerd, StateDirectory, "containerd", []string{
	// A task's bundle with its rootfs, by namespace and id (containerd
	// core/runtime/v2/bundle.go); v1.linux is that of 1.6 and earlier.
	"io.containerd.runtime.v2.task/*/*",
	"io.containerd.runtime.v1.linux/*/*",
	// The bundle of a sandbox that has a shim of its own (containerd
	// plugins/sandbox/controller.go).
	"io.containerd.sandbox.controller.v1.shim/*/*",
	// shm and pinned-namespaces of a pod, and image volumes, by pod
	// (containerd internal/cri/server/helpers.go and
	// internal/cri/server/podsandbox/helpers_linux.go). The directory keeps
	// the name it had before version 2 (plugins/cri/runtime/plugin.go).
	"io.containerd.grpc.v1.cri/sandboxes/*",
	"io.containerd.grpc.v1.cri/image-volumes/*",
	// Pods' network namespaces, if netns_mounts_under_state_dir is set in
	// whatever file of whatever version (containerd
	// internal/cri/server/sandbox_run.go). Nothing is here otherwise.
	"io.containerd.grpc.v1.cri/netns/*",
	// What the mount manager mounts for a container, by activation
	// (containerd plugins/mount/manager.go).
	"io.containerd.mount-manager.v1.bolt/t/*",
}}

// containerdTemp is the directory that the setting "temp" names. It becomes
// TMPDIR of the daemon and so of its shims, which mount the mapped layers of a
// container with a user namespace there (containerd core/mount/temp.go,
// getTempDir, and core/mount/mount_linux.go).
var containerdTemp = layout{Containerd, TempDirectory, "containerd temp", []string{"*"}}

// containerdSnapshots is the directory of a snapshotter that is not below
// containerd's root.
var containerdSnapshots = layout{Containerd, SnapshotterRoot, "containerd snapshotter", []string{
	"snapshots/*",
	"active/*", // btrfs
	"view/*",   // btrfs
	// Snapshotters on the stargz library add a directory (stargz-snapshotter
	// cmd/containerd-stargz-grpc/main.go).
	"snapshotter/snapshots/*",
}}

const (
	containerdConfigFile = "/etc/containerd/config.toml"
	// containerdDropIns are named by the imports that "containerd config
	// default" prints from 2.2 on. A file without that line does not import
	// them (tried with 2.4.2), in spite of what is said about them, but they
	// are read here all the same: it is one line in another file.
	containerdDropIns = "/etc/containerd/conf.d/*.toml"
	// maxImports bounds how many files one configuration is made of.
	maxImports = 64
)

// containerdFile is what matters here of a configuration file, and it is the
// same in the versions 1 to 4. Plugins belong to anyone, so that a value of
// another type is no mistake.
type containerdFile struct {
	Root    string   `toml:"root"`
	State   string   `toml:"state"`
	Temp    string   `toml:"temp"`
	Imports []string `toml:"imports"`
	Plugins map[string]struct {
		RootPath any `toml:"root_path"`
	} `toml:"plugins"`
	ProxyPlugins map[string]struct {
		Exports map[string]any `toml:"exports"`
	} `toml:"proxy_plugins"`
}

func (f *finder) containerd() {
	f.learn(&containerdRoot, "/var/lib/containerd", defaultSource)
	f.learn(&containerdState, "/run/containerd", defaultSource)
	loaded := make(map[string]bool)
	f.containerdConfig(containerdConfigFile, source{rank: byFile}, loaded)
	// On their own, so that a drop-in that is not imported overrides nothing.
	f.containerdConfig(containerdDropIns, source{rank: byFile}, loaded)
}

// containerdConfig reads a configuration file, or those that match a pattern,
// and what they import, unless loaded already. As in containerd, a file
// overrides those before it, an import is relative to the file it stands in
// and may be a pattern, and no file is read twice (containerd
// cmd/containerd/server/config/config.go). The source is what comes before the
// name of a file.
func (f *finder) containerdConfig(pattern string, src source, loaded map[string]bool) {
	var root, state, temp setting
	pending := f.tree.glob(pattern)
	for len(pending) > 0 && len(loaded) < maxImports {
		path := pending[0]
		pending = pending[1:]
		if loaded[path] {
			continue
		}
		loaded[path] = true
		var file containerdFile
		if !f.tomlFile(path, &file) {
			continue
		}
		from := source{src.rank, src.text + path}
		root.set(file.Root, from.key("root"))
		state.set(file.State, from.key("state"))
		temp.set(file.Temp, from.key("temp"))
		f.containerdSnapshotters(&file, from)
		for _, pattern := range file.Imports {
			if !filepath.IsAbs(pattern) {
				pattern = filepath.Join(filepath.Dir(path), pattern)
			}
			pending = append(pending, f.tree.glob(filepath.Clean(pattern))...)
		}
	}
	f.learn(&containerdRoot, root.value, root.src)
	f.learn(&containerdState, state.value, state.src)
	f.learn(&containerdTemp, temp.value, temp.src)
}

// containerdSnapshotters learns the directories of snapshotters that do not
// live below containerd's root: root_path of the built-in ones, and the root
// that a proxied one exports.
func (f *finder) containerdSnapshotters(file *containerdFile, src source) {
	for _, id := range slices.Sorted(maps.Keys(file.Plugins)) {
		// Without a dot it is a name of version 1.
		if strings.HasPrefix(id, "io.containerd.snapshotter.v1.") || !strings.Contains(id, ".") {
			root, _ := file.Plugins[id].RootPath.(string)
			f.learn(&containerdSnapshots, root, src.key("plugins."+id+".root_path"))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(file.ProxyPlugins)) {
		root, _ := file.ProxyPlugins[id].Exports["root"].(string)
		f.learn(&containerdSnapshots, root, src.key("proxy_plugins."+id+".exports.root"))
	}
}

// containerdDaemon reads the command line of a running containerd, which
// overrides its configuration.
func (f *finder) containerdDaemon(p process) {
	root, name := p.flag("--root")
	f.learn(&containerdRoot, root, p.source(name))
	state, name := p.flag("--state")
	f.learn(&containerdState, state, p.source(name))
	if file, name := p.flag("--config", "-c"); filepath.IsAbs(file) {
		f.containerdConfig(filepath.Clean(file), p.source(name).prefix(), make(map[string]bool))
	}
}
