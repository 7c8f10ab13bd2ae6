package containerd

import (
	"maps"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// dump is what containerd says of its configuration, with all defaults.
type dump struct {
	values     map[string]any
	containerd map[string]any // the part of CRI's settings that has the handlers
}

// criPlugins are the keys under which CRI's runtimes stand, by the version of the
// file: one plugin was the whole of CRI before version 3.
var criPlugins = map[int64]string{
	1: "cri",
	2: "io.containerd.grpc.v1.cri",
	3: "io.containerd.cri.v1.runtime",
	4: "io.containerd.cri.v1.runtime",
}

func parseDump(text []byte) (dump, error) {
	d := dump{values: make(map[string]any)}
	if err := toml.Unmarshal(text, &d.values); err != nil {
		return dump{}, err
	}
	version, _ := d.values["version"].(int64)
	d.containerd = table(d.values, "plugins", criPlugins[version], "containerd")
	return d, nil
}

// hasCRI tells whether containerd runs pods.
func (d dump) hasCRI() bool {
	disabled, _ := d.values["disabled_plugins"].([]any)
	return d.containerd != nil && !slices.ContainsFunc(disabled, func(name any) bool {
		return name == criPlugins[1] || name == criPlugins[2] || name == criPlugins[3]
	})
}

// handler is a name under which pods run, and how.
type handler struct {
	key    []string // from the table of CRI that has the handlers
	values map[string]any
}

const (
	runtimesKey = "runtimes"
	// ourHandler is the handler that an installation adds.
	ourHandler = "unbusy"
	// runcType is the type of the shim that ours stands in for. CRI gives runc's
	// options to no other.
	runcType = "io.containerd.runc.v2"
)

// name is what the handler is called, for people.
func (h handler) name() string { return h.key[len(h.key)-1] }

// text is a setting of the handler.
func (h handler) text(key string) string {
	text, _ := h.values[key].(string)
	return text
}

// handlers are those with a type, in the order of their names. Before the table
// of them there were sections of their own for two (containerd
// pkg/cri/config/config.go, 1.6).
func (d dump) handlers() []handler {
	var all []handler
	runtimes := table(d.containerd, runtimesKey)
	for _, name := range slices.Sorted(maps.Keys(runtimes)) {
		all = append(all, handler{[]string{runtimesKey, name}, table(runtimes, name)})
	}
	for _, name := range []string{"default_runtime", "untrusted_workload_runtime"} {
		all = append(all, handler{[]string{name}, table(d.containerd, name)})
	}
	return slices.DeleteFunc(all, func(h handler) bool { return h.text("runtime_type") == "" })
}

// usual is the handler of pods that ask for none, if it is one that our shim can
// stand in for.
func (d dump) usual() (handler, bool) {
	name, _ := d.containerd["default_runtime_name"].(string)
	var found handler
	for _, h := range d.handlers() {
		if h.key[0] == "default_runtime" || h.key[0] == runtimesKey && h.name() == name && found.key == nil {
			found = h
		}
	}
	return found, found.text("runtime_type") == runcType
}

// find returns the handler at a key.
func (d dump) find(key []string) (handler, bool) {
	for _, h := range d.handlers() {
		if slices.Equal(h.key, key) {
			return h, true
		}
	}
	return handler{}, false
}

// table returns the table at a path in another, or none.
func table(values map[string]any, path ...string) map[string]any {
	for _, key := range path {
		values, _ = values[key].(map[string]any)
	}
	return values
}
