package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Document is the text of one runtime specification together with the few
// places in it that decide how binds propagate.
type Document struct {
	data   []byte
	mounts []mount

	annotations map[string]string
	rootPath    string

	top         span
	linux       *span // nil if the field is absent or null
	linuxNull   *span // set if it is null
	propagation *span // the value of linux.rootfsPropagation, nil if absent
	rootfsProp  string
}

// mount is one element of "mounts" and the place of its options.
type mount struct {
	specs.Mount
	options span // of the options array; zero if there is none
}

// Parse reads the text of a config.json. It fails for a text whose meaning is
// in doubt, since a wrong edit is worse than none: one that is not UTF-8 or no
// JSON, one that nests deeper than 1,000 levels or uses a key twice in one
// object, a field that decides about binds and has an unexpected type or is
// spelled in another case (runc's parser takes "Mounts" for "mounts", crun's
// does not). Fields it does not know are no error, wherever they stand.
func Parse(data []byte) (*Document, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	d := &Document{data: data}
	start := skipSpace(data, 0)
	d.top = span{start, skipValue(data, start)}
	if data[start] != '{' {
		return nil, errors.New("the specification is not a JSON object")
	}

	var mounts, linux, annotations, root *span
	err := fields(data, d.top, map[string]**span{
		"mounts": &mounts, "linux": &linux, "annotations": &annotations, "root": &root,
	})
	if err != nil {
		return nil, err
	}
	if annotations != nil {
		if err := json.Unmarshal(annotations.of(data), &d.annotations); err != nil {
			return nil, fmt.Errorf("annotations: %w", err)
		}
	}
	if err := d.parseRoot(root); err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	if err := d.parseLinux(linux); err != nil {
		return nil, fmt.Errorf("linux: %w", err)
	}
	if err := d.parseMounts(mounts); err != nil {
		return nil, fmt.Errorf("mounts: %w", err)
	}
	return d, nil
}

func (d *Document) parseRoot(v *span) error {
	if v == nil || isNull(d.data, *v) {
		return nil
	}
	if d.data[v.start] != '{' {
		return errors.New("not an object")
	}
	var path *span
	if err := fields(d.data, *v, map[string]**span{"path": &path}); err != nil || path == nil {
		return err
	}
	if err := json.Unmarshal(path.of(d.data), &d.rootPath); err != nil {
		return fmt.Errorf("path: %w", err)
	}
	return nil
}

func (d *Document) parseLinux(v *span) error {
	if v == nil {
		return nil
	}
	if isNull(d.data, *v) {
		d.linuxNull = v
		return nil
	}
	if d.data[v.start] != '{' {
		return errors.New("not an object")
	}
	d.linux = v
	if err := fields(d.data, *v, map[string]**span{"rootfsPropagation": &d.propagation}); err != nil {
		return err
	}
	if d.propagation == nil {
		return nil
	}
	if err := json.Unmarshal(d.propagation.of(d.data), &d.rootfsProp); err != nil {
		return fmt.Errorf("rootfsPropagation: %w", err)
	}
	return nil
}

func (d *Document) parseMounts(v *span) error {
	if v == nil || isNull(d.data, *v) {
		return nil
	}
	if d.data[v.start] != '[' {
		return errors.New("not an array")
	}
	for i, e := range elements(d.data, *v) {
		var m mount
		if !isNull(d.data, e) {
			if d.data[e.start] != '{' {
				return fmt.Errorf("element %d is not an object", i)
			}
			var destination, typ, source, options, uid, gid *span
			err := fields(d.data, e, map[string]**span{
				"destination": &destination, "type": &typ, "source": &source,
				"options": &options, "uidMappings": &uid, "gidMappings": &gid,
			})
			if err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
			if m.Mount, err = d.decodeMount(destination, typ, source, options, uid, gid); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
			if options != nil && !isNull(d.data, *options) {
				m.options = *options
			}
		}
		d.mounts = append(d.mounts, m)
	}
	return nil
}

// decodeMount decodes the fields of a mount, each of which may be absent. To have
// encoding/json read the mounts once more was a sixth of what is done before a
// container is created.
func (d *Document) decodeMount(destination, typ, source, options, uid, gid *span) (m specs.Mount, err error) {
	for _, field := range []struct {
		name string
		at   *span
		into *string
	}{{"destination", destination, &m.Destination}, {"type", typ, &m.Type}, {"source", source, &m.Source}} {
		if field.at == nil {
			continue
		}
		if *field.into, err = decodeText(d.data, *field.at); err != nil {
			return m, fmt.Errorf("%s: %w", field.name, err)
		}
	}
	if m.Options, err = decodeTexts(d.data, options); err != nil {
		return m, fmt.Errorf("options: %w", err)
	}
	for _, mapping := range []struct {
		name string
		at   *span
		into *[]specs.LinuxIDMapping
	}{{"uidMappings", uid, &m.UIDMappings}, {"gidMappings", gid, &m.GIDMappings}} {
		if mapping.at == nil {
			continue
		}
		if err := json.Unmarshal(mapping.at.of(d.data), mapping.into); err != nil {
			return m, fmt.Errorf("%s: %w", mapping.name, err)
		}
	}
	return m, nil
}

// fields finds the members of an object by their exact names and refuses a
// member whose name differs from one of them in case only.
func fields(data []byte, obj span, want map[string]**span) error {
	return members(data, obj, func(key string, value span) error {
		if place, ok := want[key]; ok {
			*place = &value
			return nil
		}
		for name := range want {
			if strings.EqualFold(name, key) {
				return fmt.Errorf("key %q is %q in an unexpected spelling", key, name)
			}
		}
		return nil
	})
}

// RootPath returns root.path as it is written, "" if there is none: what a
// caller has to resolve for [Host.Rootfs].
func (d *Document) RootPath() string { return d.rootPath }

// RecursiveSources returns the sources of the recursive binds, as they are
// written, each once: what a caller has to resolve for [Host.Sources].
func (d *Document) RecursiveSources() []string {
	var sources []string
	seen := make(map[string]bool)
	for _, m := range d.mounts {
		if isRecursiveBind(m.Options) && !seen[m.Source] {
			seen[m.Source] = true
			sources = append(sources, m.Source)
		}
	}
	return sources
}
