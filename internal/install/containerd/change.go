package containerd

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// annotations is the pattern by which the opt-out annotation gets from a pod to
// the specification of its containers.
const annotations = "unbusy.io/*"

// change is a configuration that is being changed.
type change struct {
	request  install.Request
	settings settings
	before   dump
	// want is what containerd is to say of its configuration afterwards.
	want    map[string]any
	changed map[*file]bool
	links   []install.File
	notes   []string
}

// handlers puts our shim into the handlers that are to have it.
func (c *change) handlers() error {
	if c.settings.main().saysNothing() {
		if err := c.set(c.settings.main(), c.settings.daemon.version.newFile(), "version"); err != nil {
			return err
		}
	}
	if err := c.ours(); err != nil {
		return err
	}
	if !c.request.SetAsDefault {
		return nil
	}
	for _, h := range c.before.handlers() {
		var err error
		switch {
		case h.key[0] == runtimesKey && h.name() == ourHandler:
		case h.text("runtime_type") != runcType:
			c.notes = append(c.notes, fmt.Sprintf("the handler %q is of another type (%s) and stays as it is", h.name(), h.text("runtime_type")))
		default:
			err = c.wrap(h)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ours sees to the handler that is called like us.
func (c *change) ours() error {
	key := []string{runtimesKey, ourHandler}
	if existing, found := c.before.find(key); found {
		if existing.text("runtime_type") != runcType {
			return fmt.Errorf("there is a handler %q of another type, %s: rename it first", ourHandler, existing.text("runtime_type"))
		}
		return c.wrap(existing)
	}
	usual, ok := c.before.usual()
	if !ok {
		usual = handler{key: []string{runtimesKey, "runc"}, values: map[string]any{"runtime_type": runcType}}
		if stock, found := c.before.find(usual.key); found && stock.text("runtime_type") == runcType {
			usual = stock
		}
	}
	h := handler{key, maps.Clone(usual.values)}
	for setting, value := range h.values {
		// The default, which has had several names.
		if value == "podsandbox" {
			delete(h.values, setting)
		}
	}
	h.values["runtime_path"] = c.request.Shim
	allow(h.values)
	home := c.settings.home(usual.key)
	if err := c.keep(home); err != nil {
		return err
	}
	return c.write(home, h)
}

// wrap gives a handler our shim.
func (c *change) wrap(h handler) error {
	host := c.request.Host
	binary, _ := table(h.values, "options")["BinaryName"].(string)
	switch path := h.text("runtime_path"); {
	case binary != "" && host.IsOurs(binary) && !isShim(host, path):
		c.notes = append(c.notes, fmt.Sprintf("the handler %q is already wrapped: its BinaryName is %s; it stays as it is", h.name(), binary))
		return nil
	case path != "" && !isShim(host, path):
		c.notes = append(c.notes, fmt.Sprintf("the handler %q has a shim of its own, %s, and stays as it is", h.name(), path))
		return nil
	}
	home := c.settings.home(h.key)
	if err := c.keep(home); err != nil {
		return err
	}
	values := map[string]any{"runtime_path": c.request.Shim}
	for _, setting := range []string{"pod_annotations", "container_annotations"} {
		values[setting] = h.values[setting]
	}
	allow(values)
	return c.write(home, handler{h.key, values})
}

// allow lets the opt-out annotation through.
func allow(values map[string]any) {
	for _, setting := range []string{"pod_annotations", "container_annotations"} {
		list, _ := values[setting].([]any)
		if !slices.Contains(list, any(annotations)) {
			list = append(slices.Clone(list), annotations)
		}
		values[setting] = list
	}
}

// keep writes down the handlers that are there without being written, because
// in 1.6 and 1.7 they are no more as soon as any other is.
func (c *change) keep(home *file) error {
	if !c.settings.daemon.version.oneSection() {
		return nil
	}
	for _, h := range c.before.handlers() {
		if h.key[0] != runtimesKey || home.doc.Table(c.settings.path(home, h.key...)...) != nil {
			continue
		}
		if err := c.write(home, h); err != nil {
			return err
		}
	}
	return nil
}

// write makes a file say of a handler what differs from what containerd has
// without it.
func (c *change) write(home *file, h handler) error {
	return c.writeTable(home, h.key, h.values)
}

// writeTable writes plain values first, as TOML wants it.
func (c *change) writeTable(home *file, key []string, values map[string]any) error {
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return slices.Compare(rank(a, values[a]), rank(b, values[b]))
	})
	for _, name := range names {
		path := append(slices.Clone(key), name)
		if below, ok := values[name].(map[string]any); ok {
			if err := c.writeTable(home, path, below); err != nil {
				return err
			}
			continue
		}
		if isZero(values[name]) {
			continue
		}
		if err := c.set(home, values[name], c.settings.path(home, path...)...); err != nil {
			return err
		}
		c.want = put(c.want, append([]string{"plugins", c.plugin(), "containerd"}, path...), values[name])
	}
	return nil
}

// rank orders settings as people do: the type and the shim first, tables last.
func rank(name string, value any) []string {
	_, isTable := value.(map[string]any)
	switch {
	case isTable:
		return []string{"3", name}
	case name == "runtime_type":
		return []string{"1", name}
	case name == "runtime_path":
		return []string{"2", name}
	default:
		return []string{"2", "~" + name}
	}
}

// plugin is how containerd itself calls CRI's settings, whatever its files do.
func (c *change) plugin() string {
	version, _ := c.before.values["version"].(int64)
	return criPlugins[version]
}

// set changes a file.
func (c *change) set(f *file, value any, path ...string) error {
	before := f.doc.Bytes()
	if err := f.doc.Set(value, path...); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if string(before) != string(f.doc.Bytes()) {
		if c.changed == nil {
			c.changed = make(map[*file]bool)
		}
		c.changed[f] = true
	}
	return nil
}

// shimName is the file name of our shim.
const shimName = "containerd-shim-unbusy-v2"

// isShim tells whether a path is our shim's, also by way of a link and also if
// the file is gone.
func isShim(host *install.Host, path string) bool {
	if !strings.HasPrefix(path, "/") {
		return false
	}
	if filepath.Base(path) == shimName {
		return true
	}
	resolved, err := host.Resolve(path)
	return err == nil && filepath.Base(resolved) == shimName
}
