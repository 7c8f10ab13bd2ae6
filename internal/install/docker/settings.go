package docker

import (
	"maps"
	"slices"
	"strings"
)

// settings are the keys of daemon.json that bear on runtimes.
type settings struct {
	Runtimes       map[string]runtime `json:"runtimes"`
	DefaultRuntime string             `json:"default-runtime"`
	DataRoot       string             `json:"data-root"`
	PIDFile        string             `json:"pidfile"`
}

// runtime is an entry of "runtimes".
type runtime struct {
	Path string   `json:"path"`
	Args []string `json:"runtimeArgs"`
	// Type names a containerd shim, from version 23 on. There is no path then.
	Type string `json:"runtimeType"`
}

// names are the names of the runtimes, in order.
func (s settings) names() []string { return slices.Sorted(maps.Keys(s.Runtimes)) }

// isStock tells whether a name stands for runc without an entry in the file.
func isStock(name string) bool {
	return name == "" || name == stock || strings.HasPrefix(name, "io.containerd.runc.") || name == "io.containerd.runtime.v1.linux"
}

// readSettings reads a daemon.json and what it says about runtimes.
func readSettings(path string, text []byte) (*document, settings, error) {
	doc, err := parse(path, text)
	if err != nil {
		return nil, settings{}, err
	}
	var s settings
	return doc, s, doc.decode(&s)
}
