package engines

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/unbusy/unbusy/internal/config"
)

// criPlugins are the names of the plugin that has the settings for pods, by the
// version of the configuration file: 1, 2, and 3 and later.
var criPlugins = []string{"cri", "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"}

// runtimeHandler is what containerd or CRI-O runs pods' containers under that ask
// for it by a runtime class.
type runtimeHandler struct {
	// Type is the type of the runtime, which names the shim: io.containerd.runc.v2.
	// CRI-O has "oci" there, or nothing.
	Type string
	// Path is that of the shim, and for CRI-O of the runtime; empty leaves it to
	// the type.
	Path string
	// Binary is what the shim calls.
	Binary string
	// File is where the handler was seen last.
	File string
}

// containerdConfig is what matters here of a configuration and what it imports.
type containerdConfig struct {
	// path is the file that it begins with.
	path     string
	state    string
	address  string // on which it listens
	fallback string // of pods that name no handler
	handlers map[string]runtimeHandler
}

const (
	defaultContainerdConfig = "/etc/containerd/config.toml"
	defaultContainerdState  = "/run/containerd"
	defaultContainerdSocket = "/run/containerd/containerd.sock"
	// runcType is the type of containerd's own shim for runc.
	runcType = "io.containerd.runc.v2"
)

// readContainerd reads a configuration below a root directory, and what it
// imports: a later file has the last word on what it names. Up to containerd 1.7
// it has that on the whole of a plugin's settings, so that of an earlier file's
// handlers more are seen here than there are.
func readContainerd(root, path string) (containerdConfig, error) {
	c := containerdConfig{
		path: path, state: defaultContainerdState, address: defaultContainerdSocket,
		fallback: "runc", handlers: make(map[string]runtimeHandler),
	}
	loaded := make(map[string]bool)
	for pending := []string{path}; len(pending) > 0 && len(loaded) < maxFiles; pending = pending[1:] {
		file := filepath.Clean(pending[0])
		if loaded[file] {
			continue
		}
		loaded[file] = true
		text, err := readConfig(root, file)
		if err != nil {
			return c, err
		}
		imports, err := c.add(file, text)
		if err != nil {
			return c, err
		}
		for _, pattern := range imports {
			if !filepath.IsAbs(pattern) {
				pattern = filepath.Join(filepath.Dir(file), pattern)
			}
			pending = append(pending, glob(root, pattern)...)
		}
	}
	// Where no file says a word about it, that is what there is.
	if _, named := c.handlers["runc"]; !named {
		c.handlers["runc"] = runtimeHandler{Type: runcType}
	}
	return c, nil
}

// add takes over what a file says.
func (c *containerdConfig) add(file string, text []byte) (imports []string, err error) {
	var content struct {
		State   string         `toml:"state"`
		Imports []string       `toml:"imports"`
		GRPC    map[string]any `toml:"grpc"`
		Plugins map[string]any `toml:"plugins"`
	}
	if err := toml.Unmarshal(text, &content); err != nil {
		return nil, config.At(file, err)
	}
	replace(&c.state, content.State)
	replace(&c.address, stringAt(content.GRPC, "address"))
	replace(&c.address, stringAt(tableAt(content.Plugins, "io.containerd.server.v1.grpc"), "address"))
	for _, plugin := range criPlugins {
		settings := tableAt(content.Plugins, plugin, "containerd")
		if name := stringAt(settings, "default_runtime_name"); name != "" {
			c.fallback = name
		}
		all := tableAt(settings, "runtimes")
		for _, name := range slices.Sorted(maps.Keys(all)) {
			h := c.handlers[name]
			said := tableAt(all, name)
			h.File = file
			replace(&h.Type, stringAt(said, "runtime_type"))
			replace(&h.Path, stringAt(said, "runtime_path"))
			replace(&h.Binary, stringAt(tableAt(said, "options"), "BinaryName"))
			c.handlers[name] = h
		}
	}
	return content.Imports, nil
}

// replace sets a value to another one that is not empty.
func replace(value *string, other string) {
	if other != "" {
		*value = other
	}
}

// tableAt is a table inside a table, empty if there is none.
func tableAt(table map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		table, _ = table[key].(map[string]any)
	}
	return table
}

func stringAt(table map[string]any, key string) string {
	value, _ := table[key].(string)
	return value
}

// shimOf is the program that a handler's type stands for, which is looked for as
// containerd does: in its $PATH, and beside its own program (containerd
// core/runtime/v2/shim_manager.go). A path as the type is the program.
func (d daemon) shimOf(kind string) string {
	if strings.HasPrefix(kind, "/") {
		return kind
	}
	parts := strings.Split(kind, ".")
	if len(parts) < 2 {
		return ""
	}
	return find("containerd-shim-"+strings.Join(parts[len(parts)-2:], "-"), d.path)
}

// isProtected reports whether a handler's containers are unbusy's, by what
// program.
func (d daemon) isProtected(h runtimeHandler) (program string, ok bool) {
	program = h.Path
	if program == "" {
		program = d.shimOf(h.Type)
	}
	if program != "" && leadsTo(program, shim) {
		return program, true
	}
	if program = find(h.Binary, d.path); h.Binary != "" && leadsTo(program, wrapper) {
		return program, true
	}
	return "", false
}

// isRunc reports whether a handler runs containers as runc does, so that unbusy
// could.
func (h runtimeHandler) isRunc() bool {
	switch h.Type {
	case runcType, "io.containerd.runc.v1", "io.containerd.runtime.v1.linux":
		return h.Binary == "" || likeRunc(h.Binary)
	}
	return strings.HasPrefix(filepath.Base(h.Type), "containerd-shim-runc-")
}
