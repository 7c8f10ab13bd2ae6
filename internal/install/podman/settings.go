package podman

import (
	"path"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// The files that podman reads for root, in their order (containers.conf(5)). Of
// the directory it reads *.conf.
const (
	vendorConfig = "/usr/share/containers/containers.conf"
	systemConfig = "/etc/containers/containers.conf"
	dropInDir    = "/etc/containers/containers.conf.d"
	// The name sorts before what operators call theirs, and after what packages
	// bring.
	usualConfig = dropInDir + "/50-unbusy.conf"
)

// settings are what podman's files say about runtimes.
type settings struct {
	Engine struct {
		Runtime  string           `toml:"runtime"`
		Runtimes map[string][]any `toml:"runtimes"`
		// Names of runtimes that podman expects something of, which it does not of
		// one that it does not know.
		JSON      []any `toml:"runtime_supports_json"`
		NoCgroups []any `toml:"runtime_supports_nocgroup"`
	} `toml:"engine"`
}

// source is one of podman's files.
type source struct {
	path string
	settings
}

// sources are podman's files in their order, except for one.
func sources(host *install.Host, except string) ([]source, error) {
	files := []string{vendorConfig, systemConfig}
	names, err := host.Names(dropInDir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".conf") {
			files = append(files, path.Join(dropInDir, name))
		}
	}
	var found []source
	for _, file := range files {
		s := source{path: file}
		where, there, err := host.DecodeTOML(file, &s.settings)
		if err != nil {
			return nil, err
		}
		if there && where != except {
			found = append(found, s)
		}
	}
	return found, nil
}

// merged is what podman makes of its files: a later one wins for each key.
func merged(files []source) settings {
	all := settings{}
	all.Engine.Runtimes = map[string][]any{}
	for _, file := range files {
		if file.Engine.Runtime != "" {
			all.Engine.Runtime = file.Engine.Runtime
		}
		for name, paths := range file.Engine.Runtimes {
			all.Engine.Runtimes[name] = paths
		}
		if file.Engine.JSON != nil {
			all.Engine.JSON = file.Engine.JSON
		}
		if file.Engine.NoCgroups != nil {
			all.Engine.NoCgroups = file.Engine.NoCgroups
		}
	}
	return all
}

// preferred are the runtimes that podman tries if nothing is configured, in its
// order (containers/common pkg/config/config.go, findRuntime).
var preferred = []string{"crun", "runc"}

// defaultRuntime is the name of what podman uses for containers that ask for
// nothing, empty if there is nothing.
func (s settings) defaultRuntime(host *install.Host) string {
	if s.Engine.Runtime != "" {
		return s.Engine.Runtime
	}
	for _, name := range preferred {
		if s.pathOf(host, name) != "" {
			return name
		}
	}
	return ""
}

// pathOf is the first of a runtime's paths that exists. Podman knows where to
// look for the usual ones by itself.
func (s settings) pathOf(host *install.Host, name string) string {
	if path.IsAbs(name) {
		return name
	}
	paths, ok := s.Engine.Runtimes[name]
	if !ok {
		return host.LookPath(name)
	}
	for _, p := range paths {
		if p, ok := p.(string); ok && host.Exists(p) {
			return p
		}
	}
	return ""
}

// The lists that podman has without configuration (containers/common
// pkg/config/default.go).
var (
	usualJSON      = []any{"crun", "runc", "kata", "runsc", "youki", "krun"}
	usualNoCgroups = []any{"crun", "krun"}
)

// also returns a list with unbusy added if it has the wrapped runtime, or nil if
// nothing is to be said: a list in a later file replaces the whole of an earlier
// one.
func also(list, usual []any, wrapped string) []any {
	if list == nil {
		list = usual
	}
	if !slices.Contains(list, any(wrapped)) || slices.Contains(list, any(ours)) {
		return nil
	}
	return append(slices.Clone(list), ours)
}
