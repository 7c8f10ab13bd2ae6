package record

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/rewrite"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Note is what was there when a container was about to be created.
type Note struct {
	// Config is the bundle's config.json, byte for byte.
	Config []byte
	// Mounts is the text of /proc/self/mountinfo.
	Mounts []byte
	// Host is the rest of what the rules have to know.
	Host Host
	// Decisions are what unbusy would have decided then and there, by the
	// runtime that would read the specification.
	Decisions map[spec.Runtime][]spec.Decision
}

// Host holds the fields of spec.Host that are neither text of the kernel nor
// choices.
type Host struct {
	Areas   []spec.Area       `json:"areas"`
	Sources map[string]string `json:"sources"`
	Rootfs  string            `json:"rootfs"`
}

// Take notes what is there now for the bundle.
func Take(bundle string) (Note, error) {
	text, err := os.ReadFile(filepath.Join(bundle, configFile))
	if err != nil {
		return Note{}, err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Note{}, err
	}
	n := Note{Config: text, Mounts: mounts, Decisions: map[spec.Runtime][]spec.Decision{}}
	table, err := mountinfo.GetMountsFromReader(bytes.NewReader(mounts), nil)
	if err != nil {
		return Note{}, err
	}
	n.Host, err = hostOf(text, bundle, table)
	if err != nil {
		return Note{}, err
	}
	for _, runtime := range []spec.Runtime{spec.RuntimeRunc, spec.RuntimeCrun} {
		n.Decisions[runtime], err = rewrite.Do(rewrite.Request{
			Bundle: bundle, Runtime: runtime, DryRun: true,
			Host: func() ([]*mountinfo.Info, []spec.Area, error) { return table, areas(table), nil },
		})
		if err != nil {
			return Note{}, err
		}
	}
	return n, nil
}

// areas finds the mount areas as unbusy-runtime does, on a host where unbusy is
// not configured.
func areas(table []*mountinfo.Info) []spec.Area {
	return roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: config.Default()}).Areas()
}

// hostOf gathers what the rules have to know beside the mount table.
func hostOf(text []byte, bundle string, table []*mountinfo.Info) (Host, error) {
	document, err := spec.Parse(text)
	if err != nil {
		return Host{}, err
	}
	h := Host{Areas: areas(table), Sources: map[string]string{}}
	for _, source := range document.RecursiveSources() {
		dir, err := directory(source, bundle)
		if err != nil {
			return Host{}, err
		}
		if dir != "" {
			h.Sources[source] = dir
		}
	}
	h.Rootfs, err = directory(document.RootPath(), bundle)
	return h, err
}

// directory is where a path in a specification leads, "" if to no directory.
func directory(path, bundle string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(bundle, path)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return linux.Directory(path)
}

// Edited is what the rules make of the specification, by nothing but the note.
func (n Note) Edited(runtime spec.Runtime) ([]byte, error) {
	table, err := mountinfo.GetMountsFromReader(bytes.NewReader(n.Mounts), nil)
	if err != nil {
		return nil, err
	}
	document, err := spec.Parse(n.Config)
	if err != nil {
		return nil, err
	}
	return document.Edit(spec.Decide(document, spec.Host{
		Areas: n.Host.Areas, Mounts: table, Sources: n.Host.Sources, Rootfs: n.Host.Rootfs, Runtime: runtime,
	})), nil
}
