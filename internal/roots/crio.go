package roots

import "path/filepath"

// CRI-O keeps containers with containers/storage, in directories that it
// calls root and runroot.
var (
	crioGraph = layout{CRIO, GraphRoot, storageGroup, storageOwners}
	crioRun   = layout{CRIO, RunRoot, storageGroup, storageOwners}
)

const (
	crioConfigFile = "/etc/crio/crio.conf"
	crioDropIns    = "/etc/crio/crio.conf.d/*"
)

// crioFile is what matters here of crio.conf.
type crioFile struct {
	Crio struct {
		Root    string `toml:"root"`
		RunRoot string `toml:"runroot"`
		Runtime struct {
			NamespacesDir string `toml:"namespaces_dir"`
		} `toml:"runtime"`
	} `toml:"crio"`
}

// crio reads CRI-O's configuration. What it leaves open is as storage.conf
// has it.
func (f *finder) crio() {
	f.crioConfig(source{rank: byFile}, crioConfigFile, crioDropIns)
}

// crioConfig reads configuration files, of which a later one overrides those
// before it (cri-o pkg/config/config.go, UpdateFromPath).
func (f *finder) crioConfig(src source, patterns ...string) {
	var root, runRoot, namespaces setting
	for _, pattern := range patterns {
		for _, path := range f.tree.glob(pattern) {
			var file crioFile
			if !f.tomlFile(path, &file) {
				continue
			}
			from := source{src.rank, src.text + path}
			root.set(file.Crio.Root, from.key("root"))
			runRoot.set(file.Crio.RunRoot, from.key("runroot"))
			namespaces.set(file.Crio.Runtime.NamespacesDir, from.key("namespaces_dir"))
		}
	}
	f.learn(&crioGraph, root.value, root.src)
	f.learn(&crioRun, runRoot.value, runRoot.src)
	f.crioNamespaces(namespaces.value, namespaces.src)
}

// crioNamespaces learns the directories that pinns pins namespaces in (cri-o
// internal/config/nsmgr/nsmgr_linux.go, dirForType).
func (f *finder) crioNamespaces(dir string, src source) {
	if dir == "" {
		return
	}
	for _, kind := range namespaceKinds {
		f.learn(&crioPins, filepath.Join(dir, kind), src)
	}
}

// crioDaemon reads the command line of a running crio, which overrides its
// configuration.
func (f *finder) crioDaemon(p process) {
	root, name := p.flag("--root", "-r")
	f.learn(&crioGraph, root, p.source(name))
	runRoot, name := p.flag("--runroot")
	f.learn(&crioRun, runRoot, p.source(name))
	namespaces, name := p.flag("--namespaces-dir")
	f.crioNamespaces(namespaces, p.source(name))
	if file, name := p.flag("--config", "-c"); filepath.IsAbs(file) {
		f.crioConfig(p.source(name).prefix(), filepath.Clean(file))
	}
	if dir, name := p.flag("--config-dir", "-d"); filepath.IsAbs(dir) {
		f.crioConfig(p.source(name).prefix(), filepath.Join(dir, "*"))
	}
}
