// Package rewrite applies the rules of pkg/spec to the config.json of a bundle
// on this host: it gathers what the rules have to know, and replaces the file
// if they change it.
package rewrite

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Request is one config.json to be rewritten.
type Request struct {
	// Bundle is the bundle's directory, which relative sources begin at.
	Bundle string
	// Config is the path of the specification, "" for the bundle's
	// config.json.
	Config string
	// Runtime is the runtime that will read it.
	Runtime spec.Runtime
	// KeepReadOnly and IgnoreAnnotations are passed to the rules, see
	// [spec.Host].
	KeepReadOnly, IgnoreAnnotations bool
	// DryRun decides, and leaves the file alone.
	DryRun bool
	// Host returns the mount table of the host and its mount areas. It is called
	// only for a specification that has a recursive bind of a directory.
	Host func() ([]*mountinfo.Info, []spec.Area, error)
}

// Do decides about a specification and, if something changes, replaces it. The
// decisions are returned together with an error if replacing is what failed.
// After an error the file is as it was.
func Do(r Request) ([]spec.Decision, error) {
	path := r.Config
	if path == "" {
		path = filepath.Join(r.Bundle, "config.json")
	}
	file, err := spec.OpenFile(path)
	if err != nil {
		return nil, err
	}
	decisions, err := r.do(file)
	return decisions, errors.Join(err, file.Close())
}

func (r Request) do(file *spec.File) ([]spec.Decision, error) {
	document, err := spec.Parse(file.Data)
	if err != nil {
		return nil, err
	}
	sources, err := directories(document.RecursiveSources(), r.Bundle)
	if err != nil || len(sources) == 0 {
		return nil, err
	}
	table, areas, err := r.Host()
	if err != nil {
		return nil, err
	}
	rootfs, err := rootDirectory(document.RootPath(), r.Bundle)
	if err != nil {
		return nil, err
	}
	decisions := spec.Decide(document, spec.Host{
		Areas:             areas,
		Mounts:            table,
		Sources:           sources,
		Rootfs:            rootfs,
		Runtime:           r.Runtime,
		KeepReadOnly:      r.KeepReadOnly,
		IgnoreAnnotations: r.IgnoreAnnotations,
	})
	if r.DryRun || !spec.Changes(decisions) {
		return decisions, nil
	}
	return decisions, file.Replace(document.Edit(decisions))
}

// directories resolves the sources that are directories. The others, files and
// sources that lead nowhere, have nothing below them; what to say about the
// latter is the runtime's business.
func directories(sources []string, bundle string) (map[string]string, error) {
	resolved := make(map[string]string, len(sources))
	for _, source := range sources {
		switch dir, err := directory(source, bundle); {
		case err != nil:
			return nil, fmt.Errorf("resolve the bind source %s: %w", source, err)
		case dir != "":
			resolved[source] = dir
		}
	}
	return resolved, nil
}

// rootDirectory resolves the container's root.
func rootDirectory(path, bundle string) (string, error) {
	if path == "" {
		return "", nil
	}
	dir, err := directory(path, bundle)
	if err != nil {
		return "", fmt.Errorf("resolve the container's root %s: %w", path, err)
	}
	return dir, nil
}

// directory resolves a path of the specification, "" for one that leads to no
// directory.
func directory(path, bundle string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(bundle, path)
	}
	dir, err := linux.Directory(path)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
		return "", nil
	}
	return dir, err
}
