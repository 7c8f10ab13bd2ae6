package crio

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/unbusy/unbusy/internal/install"
)

// place is where a CRI-O keeps its configuration.
type place struct {
	// main is read first, then all files of dir in their order; target, one of
	// them, is what is changed.
	main, dir, target string
}

const (
	usualMain = "/etc/crio/crio.conf"
	usualName = "50-unbusy.conf"
)

// findPlace takes the operator's file for one of CRI-O's, with the others
// beside it as they are by default.
func findPlace(host *install.Host, file string) (place, error) {
	switch {
	case file == "":
		file = path.Join(usualMain+".d", usualName)
		return resolved(host, place{usualMain, usualMain + ".d", file})
	case strings.HasSuffix(path.Dir(file), ".d"):
		dir := path.Dir(file)
		return resolved(host, place{strings.TrimSuffix(dir, ".d"), dir, file})
	default:
		return resolved(host, place{file, file + ".d", file})
	}
}

func resolved(host *install.Host, p place) (place, error) {
	var err error
	p.target, err = host.Resolve(p.target)
	return p, err
}

// handler is one of CRI-O's runtimes, with all that its table has.
type handler map[string]any

func (h handler) text(key string) string {
	s, _ := h[key].(string)
	return s
}

// settings are what CRI-O's files say about runtimes.
type settings struct {
	Crio struct {
		Runtime struct {
			Default  string             `toml:"default_runtime"`
			Runtimes map[string]handler `toml:"runtimes"`
		} `toml:"runtime"`
	} `toml:"crio"`
}

// source is one of CRI-O's files.
type source struct {
	path string
	settings
}

// sources are CRI-O's files in their order, except for one.
func sources(host *install.Host, p place, except string) ([]source, error) {
	files := []string{p.main}
	names, err := host.Names(p.dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		files = append(files, path.Join(p.dir, name))
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

// runtimes are what CRI-O makes of its files.
type runtimes struct {
	// standard is the handler of what asks for none.
	standard string
	// handlers have their whole table from the last file that has one.
	handlers map[string]handler
}

func merged(files []source) runtimes {
	all := runtimes{handlers: map[string]handler{}}
	for _, file := range files {
		if name := file.Crio.Runtime.Default; name != "" {
			all.standard = name
		}
		for name, h := range file.Crio.Runtime.Runtimes {
			all.handlers[name] = h
		}
	}
	return all
}

// addBuiltIn adds what CRI-O has without any file: its default runtime, which is
// runc up to version 1.30 and crun from then on, and how it is run.
func (r *runtimes) addBuiltIn(ctx context.Context, host *install.Host) {
	name, table := builtIn(ctx, host)
	if r.standard == "" {
		r.standard = name
	}
	if _, ok := r.handlers[r.standard]; !ok && r.standard == name {
		r.handlers[name] = table
	}
}

// builtIn asks CRI-O itself. The answer is a file in which the defaults are
// comments in some versions.
func builtIn(ctx context.Context, host *install.Host) (name string, table handler) {
	for _, name = range []string{"crun", "runc"} {
		if host.LookPath(name) != "" {
			break
		}
	}
	table = handler{"runtime_type": "oci", "runtime_root": "/run/" + name}
	crio := host.LookPath("crio")
	if crio == "" {
		return name, table
	}
	out, err := host.Output(ctx, crio, "--config=", "--config-dir=", "config", "--default")
	if err != nil {
		return name, table
	}
	var text bytes.Buffer
	in := false
	for line := range strings.Lines(string(out)) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "# ")
		if value, ok := strings.CutPrefix(line, "default_runtime = "); ok {
			name = strings.Trim(value, `"`)
		}
		switch {
		case line == "[crio.runtime.runtimes."+name+"]":
			in = true
		case line == "" || strings.HasPrefix(line, "["):
			in = false
		case in:
			text.WriteString(line + "\n")
		}
	}
	var said handler
	if toml.Unmarshal(text.Bytes(), &said) == nil && len(said) > 0 {
		table = said
	}
	return name, table
}

// pathOf is where a handler's runtime is, empty if it is nowhere.
func (r runtimes) pathOf(host *install.Host, name string) string {
	if path := r.handlers[name].text("runtime_path"); path != "" {
		return path
	}
	return host.LookPath(name)
}
