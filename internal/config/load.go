package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/unbusy/unbusy/pkg/spec"
)

// maxSize bounds the configuration file: whatever is larger is not one.
const maxSize = 1 << 20

// document is the file as TOML sees it. Values that can be wrong have types of
// their own, so that a mistake is reported at its line and column.
type document struct {
	Runtime          runtimeName `toml:"runtime"`
	RuntimeKind      runtimeKind `toml:"runtime_kind"`
	RewriteReadOnly  bool        `toml:"rewrite_read_only"`
	HonorAnnotations bool        `toml:"honor_annotations"`
	MayDetachMounts  bool        `toml:"may_detach_mounts"`
	DetachAtCreate   detachWhen  `toml:"detach_at_create"`
	SweepBudget      budget      `toml:"sweep_budget"`
	Namespaces       namespaces  `toml:"namespaces"`
	Log              logTarget   `toml:"log"`
	Roots            []struct {
		Engine string    `toml:"engine"`
		Path   directory `toml:"path"`
	} `toml:"roots"`
	Areas []struct {
		Root  directory `toml:"root"`
		Owner owner     `toml:"owner"`
	} `toml:"areas"`
}

// Load reads the configuration file at path.
//
// A file that does not exist is no error: the defaults apply. Keys that mean
// nothing are returned, dotted and in the file's order, without being an
// error, since a wrapper has to start containers whatever a newer version
// wrote into the file. Any other trouble (no permission, not a regular file,
// larger than 1 MiB, a syntax error, a value of the wrong kind) gives the
// defaults, whole, and an error which names the file and, where there is one,
// the line and the column. Only the choice of the runtime is kept if it can be
// read: a mistake elsewhere in the file must not hand running containers to
// another runtime.
func Load(path string) (Config, []string, error) {
	data, truncated, err := ReadFile(path, maxSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Default(), nil, nil
	case err != nil:
		return Default(), nil, fmt.Errorf("read configuration: %w", err)
	case truncated:
		return Default(), nil, fmt.Errorf("read configuration: %s: larger than %d bytes", path, maxSize)
	}

	doc := newDocument(Default())
	unknown, err := decode(data, &doc)
	if err == nil {
		err = doc.check()
	}
	if err != nil {
		cfg := Default()
		cfg.Runtime, cfg.RuntimeKind = salvageRuntime(data)
		return cfg, nil, fmt.Errorf("read configuration: %w", At(path, err))
	}
	cfg := doc.config()
	cfg.File = path
	return cfg, unknown, nil
}

// decode fills doc and returns the keys it has no place for.
func decode(data []byte, doc *document) ([]string, error) {
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(doc)
	var strict *toml.StrictMissingError
	if !errors.As(err, &strict) {
		return nil, err
	}
	var unknown []string
	for i := range strict.Errors {
		key := strings.Join(strict.Errors[i].Key(), ".")
		if !slices.Contains(unknown, key) {
			unknown = append(unknown, key)
		}
	}
	return unknown, nil
}

// At puts the file into an error of the TOML decoder, with line and column
// where the decoder knows them.
func At(file string, err error) error {
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, column := decode.Position()
		return fmt.Errorf("%s:%d:%d: %w", file, line, column, err)
	}
	return fmt.Errorf("%s: %w", file, err)
}

func newDocument(cfg Config) document {
	return document{
		RewriteReadOnly:  cfg.RewriteReadOnly,
		HonorAnnotations: cfg.HonorAnnotations,
		MayDetachMounts:  cfg.MayDetachMounts,
		DetachAtCreate:   detachWhen{cfg.DetachAtCreate},
		SweepBudget:      budget{cfg.SweepBudget},
		Namespaces:       namespaces{cfg.Namespaces},
		Log:              logTarget{cfg.Log},
	}
}

// check finds what no single value shows: an entry of which half is missing.
func (d *document) check() error {
	for i, root := range d.Roots {
		if root.Engine == "" || root.Path.string == "" {
			return fmt.Errorf("roots: entry %d needs both engine and path", i+1)
		}
	}
	for i, area := range d.Areas {
		if area.Root.string == "" || area.Owner.string == "" {
			return fmt.Errorf("areas: entry %d needs both root and owner", i+1)
		}
	}
	return nil
}

func (d *document) config() Config {
	cfg := Config{
		Runtime:          d.Runtime.string,
		RuntimeKind:      d.RuntimeKind.string,
		RewriteReadOnly:  d.RewriteReadOnly,
		HonorAnnotations: d.HonorAnnotations,
		MayDetachMounts:  d.MayDetachMounts,
		DetachAtCreate:   d.DetachAtCreate.string,
		SweepBudget:      d.SweepBudget.Duration,
		Namespaces:       d.Namespaces.string,
		Log:              d.Log.string,
	}
	for _, root := range d.Roots {
		cfg.Roots = append(cfg.Roots, Root{Engine: root.Engine, Path: root.Path.string})
	}
	for _, area := range d.Areas {
		cfg.Areas = append(cfg.Areas, spec.Area{Root: area.Root.string, Owner: area.Owner.string})
	}
	return cfg
}
