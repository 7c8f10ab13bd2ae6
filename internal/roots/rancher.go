package roots

import (
	"path/filepath"
	"strings"
)

// rancher looks for k3s and RKE2, which share code and layout and differ in
// the name.
func (f *finder) rancher() {
	for _, product := range []string{"k3s", "rke2"} {
		f.rancherData("/var/lib/rancher/"+product, defaultSource)
		config := "/etc/rancher/" + product + "/config.yaml"
		f.rancherConfig(config, source{byFile, config})
		for _, path := range f.tree.glob(config + ".d/*") {
			f.rancherConfig(path, source{byFile, path})
		}
	}
	// The state directory does not move with the data directory (k3s
	// pkg/agent/config/config.go).
	f.learn(&containerdState, "/run/k3s/containerd", defaultSource)
}

// rancherData learns the roots inside a data directory: containerd's, where
// its configuration says or where it would be by default. The kubelet's is
// elsewhere, at its own default.
func (f *finder) rancherData(dir string, src source) {
	if dir == "" {
		return
	}
	root := filepath.Join(dir, "agent/containerd")
	f.learn(&containerdRoot, root, src)
	file := filepath.Join(dir, "agent/etc/containerd/config.toml")
	f.containerdConfig(file, source{rank: byFile}, make(map[string]bool))
}

// rancherConfig reads one config.yaml.
func (f *finder) rancherConfig(path string, src source) {
	data, ok := f.file(path)
	if !ok {
		return
	}
	dataDir, kubeletDir := rancherSettings(string(data))
	f.rancherData(dataDir, src.key("data-dir"))
	f.learn(&kubeletRoot, kubeletDir, src.key("kubelet-arg"))
}

// rancherSettings takes data-dir and the kubelet's root-dir out of a
// config.yaml, which stands for the words of a command line: top-level keys
// with scalars or with lists of scalars.
//
// It is no YAML parser, because one would be paid for at every start of every
// container on every host: linking go.yaml.in/yaml/v3 takes 0.2 ms to
// initialise (its regular expressions) before a byte is read, a quarter of
// what the whole wrapper takes, for two scalars. An anchor or a block scalar in
// their place is not understood; a running k3s is then still found by its
// containerd's command line and by its mounts.
func rancherSettings(text string) (dataDir, kubeletDir string) {
	key := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			continue
		}
		value := line
		if !strings.ContainsRune(" \t-", rune(line[0])) {
			key, value, _ = strings.Cut(line, ":")
			// "key+" appends to what other files say.
			key = strings.TrimSuffix(strings.Trim(key, `"' `), "+")
			if key == "data-dir" {
				dataDir = yamlScalar(value)
			}
		}
		if key != "kubelet-arg" {
			continue
		}
		if _, arg, ok := strings.Cut(value, "root-dir="); ok {
			arg, _, _ = strings.Cut(arg, ",")
			kubeletDir = strings.TrimRight(yamlScalar(arg), `"']`)
		}
	}
	return dataDir, kubeletDir
}

// yamlScalar takes the quotes or the comment off a scalar on one line.
func yamlScalar(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		if end := strings.IndexByte(s[1:], s[0]); end >= 0 {
			return s[1 : 1+end]
		}
	}
	if i := strings.Index(s, " #"); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// rancherDaemon reads the command line of a running k3s or rke2, as far as it
// shows one: k3s wipes its own.
func (f *finder) rancherDaemon(p process) {
	data, name := p.flag("--data-dir", "-d")
	f.rancherData(data, p.source(name))
	for _, arg := range p.flags("--kubelet-arg") {
		if root, ok := strings.CutPrefix(arg, "root-dir="); ok {
			f.learn(&kubeletRoot, root, p.source("--kubelet-arg"))
		}
	}
	if file, name := p.flag("--config", "-c"); filepath.IsAbs(file) {
		f.rancherConfig(file, p.source(name).key(file))
	}
}
