package roots

import "path/filepath"

// buildkitRoot is buildkitd's root.
var buildkitRoot = layout{BuildKit, DataRoot, "buildkit", []string{
	// A worker's directory is named after it, "runc-overlayfs". In it are the
	// bundles of build steps and the snapshots (buildkit
	// worker/runc/runc.go, executor/runcexecutor/executor.go).
	"*/executor/*",
	"*/snapshots/snapshots/*",
	// Network namespaces (buildkit util/network/cniprovider/createns_linux.go).
	"net/cni/*",
}}

func (f *finder) buildkit() {
	f.learn(&buildkitRoot, "/var/lib/buildkit", defaultSource)
	const config = "/etc/buildkit/buildkitd.toml"
	f.buildkitConfig(config, source{byFile, config})
}

func (f *finder) buildkitConfig(path string, src source) {
	var file struct {
		Root string `toml:"root"`
	}
	if f.tomlFile(path, &file) {
		f.learn(&buildkitRoot, file.Root, src.key("root"))
	}
}

// buildkitDaemon reads the command line of a running buildkitd.
func (f *finder) buildkitDaemon(p process) {
	root, name := p.flag("--root")
	f.learn(&buildkitRoot, root, p.source(name))
	if file, name := p.flag("--config"); filepath.IsAbs(file) {
		f.buildkitConfig(file, p.source(name).key(file))
	}
}
