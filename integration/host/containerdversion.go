package host

import (
	"os"
	"path/filepath"
	"slices"
)

// distribution is the version of containerd that comes from a package of
// Debian's. The others are tool sets.
const distribution = "1.6"

// configuration is what a version of containerd expects of its configuration file.
type configuration struct {
	// versions of the file that it makes sense of, its own last. 1.x read both
	// alike, and later ones convert what is older than their own. In 2.0 and 2.2
	// that goes wrong for version 1: they rename plugins and leave their settings
	// where nobody looks for them (containerd
	// cmd/containerd/server/config/config.go, LoadConfigWithPlugins).
	versions []int
	// cniDirs tells that the plugins of CNI may be in several directories: another
	// setting, which is new in 2.1 and the only one in 2.4 (containerd
	// internal/cri/config/config.go).
	cniDirs bool
}

var configurations = map[string]configuration{
	"1.6": {[]int{1, 2}, false},
	"1.7": {[]int{1, 2}, false},
	"2.0": {[]int{2, 3}, false},
	"2.2": {[]int{2, 3}, true},
	"2.3": {[]int{1, 2, 3, 4}, true},
	"2.4": {[]int{1, 2, 3, 4}, true},
}

// Versions are the versions of containerd that a story about all of them is
// told under: the oldest and the newest, and with MATRIX=full those in between.
func Versions() []string {
	if os.Getenv("MATRIX") == "full" {
		return []string{"1.6", "1.7", "2.0", "2.2", "2.3", "2.4"}
	}
	return []string{"1.6", "2.4"}
}

// StoryVersions are those for stories that are many and take long: with
// MATRIX=full one of each way in which a daemon deals with a shim, and else the
// newest. 1.6 asks for an address, and so does 2.0, which keeps no path of the
// shim for a pod's later containers; since 2.3 the answer is a message.
func StoryVersions() []string {
	if os.Getenv("MATRIX") == "full" {
		return []string{"1.6", "2.0", "2.4"}
	}
	return []string{"2.4"}
}

// VersionTools are the tool sets that Main has to build for versions of
// containerd, and for what they run.
func VersionTools(versions ...string) []string {
	sets := []string{"runc-1.5"}
	for _, version := range versions {
		if version != distribution {
			sets = append(sets, containerdFamily+version)
		}
	}
	return sets
}

// Version chooses the version of containerd, which brings its own shim and ctr:
// "1.6", which is Debian's, or one that there is a tool set of. It is 2.4 if
// nothing else is said.
func Version(version string) ContainerdOption {
	return func(o *containerdOptions) { o.version = version }
}

// ConfigVersion chooses the version of containerd's configuration file. It is
// containerd's own if nothing else is said.
func ConfigVersion(version int) ContainerdOption {
	return func(o *containerdOptions) { o.config = version }
}

// ConfigVersions are the versions of the configuration file that a version of
// containerd makes sense of, its own last.
func ConfigVersions(version string) []int { return slices.Clone(configurations[version].versions) }

// containerdFamily begins the names of containerd's tool sets.
const containerdFamily = "containerd-"

// containerdPrograms returns the directory that holds containerd, its shim and
// ctr of a version.
func (h *Host) containerdPrograms(version string, tags []string) string {
	h.t.Helper()
	if version != distribution {
		return h.tools(containerdFamily+version, tags...)
	}
	path := h.Debian("containerd", "containerd")
	if v := h.version(path); v != version {
		h.t.Fatalf("containerd %s is asked for, and Debian's is %s", version, v)
	}
	return filepath.Dir(path)
}

// StockShim is the path of the shim that a version of containerd brings along.
func (h *Host) StockShim(version string) string {
	h.t.Helper()
	return filepath.Join(h.containerdPrograms(version, nil), stockShim)
}
