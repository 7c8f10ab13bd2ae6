package roots

import "path/filepath"

// k0s looks for k0s, whose containerd and kubelet have directories of their
// own (k0s pkg/component/worker/containerd, docs/runtime.md).
func (f *finder) k0s() {
	f.k0sData("/var/lib/k0s", defaultSource)
	f.learn(&containerdState, "/run/k0s/containerd", defaultSource)
	f.containerdConfig("/etc/k0s/containerd.toml", source{rank: byFile}, make(map[string]bool))
}

// k0sData learns the roots inside a data directory.
func (f *finder) k0sData(dir string, src source) {
	if dir == "" {
		return
	}
	f.learn(&containerdRoot, filepath.Join(dir, "containerd"), src)
	f.learn(&kubeletRoot, filepath.Join(dir, "kubelet"), src)
}

// k0sDaemon reads the command line of a running k0s.
func (f *finder) k0sDaemon(p process) {
	data, name := p.flag("--data-dir")
	f.k0sData(data, p.source(name))
	kubelet, name := p.flag("--kubelet-root-dir")
	f.learn(&kubeletRoot, kubelet, p.source(name))
	if run, name := p.flag("--run-dir"); run != "" {
		f.learn(&containerdState, filepath.Join(run, "containerd"), p.source(name))
	}
}
