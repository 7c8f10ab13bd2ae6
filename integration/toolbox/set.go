package toolbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// set is one directory of pinned tools.
type set struct {
	family  string   // what is pinned, without a version: containerd
	version string   // of the module that provides the tools: v2.4.2
	dir     string   // where its go.mod is
	tools   []string // import paths of the programs
}

// Names lists the pinned sets.
func Names() ([]string, error) {
	top, err := pinned()
	if err != nil {
		return nil, err
	}
	mods, err := filepath.Glob(filepath.Join(top, "*", "go.mod"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, mod := range mods {
		names = append(names, filepath.Base(filepath.Dir(mod)))
	}
	return names, nil
}

// find returns the set called name. A family's name alone will do as long as
// one version of it is pinned.
func find(ctx context.Context, name string) (*set, error) {
	names, err := Names()
	if err != nil {
		return nil, err
	}
	var matches []string
	for _, n := range names {
		if n == name {
			matches = []string{n}
			break
		}
		if family(n) == name {
			matches = append(matches, n)
		}
	}
	if len(matches) != 1 {
		return nil, fmt.Errorf("%q names %d of the pinned tool sets: %s", name, len(matches), strings.Join(names, " "))
	}
	top, err := pinned()
	if err != nil {
		return nil, err
	}
	return load(ctx, filepath.Join(top, matches[0]))
}

// load reads the go.mod of a set.
func load(ctx context.Context, dir string) (*set, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("read %s/go.mod: %w", dir, withStderr(err))
	}
	var mod struct {
		Tool    []struct{ Path string }
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return nil, fmt.Errorf("read %s/go.mod: %w", dir, err)
	}
	s := &set{family: family(filepath.Base(dir)), dir: dir}
	for _, tool := range mod.Tool {
		s.tools = append(s.tools, tool.Path)
	}
	if len(s.tools) == 0 {
		return nil, fmt.Errorf("%s/go.mod has no tool directive", dir)
	}
	// The longest module path wins: nested modules share a prefix.
	var provider string
	for _, r := range mod.Require {
		below := r.Path == s.tools[0] || strings.HasPrefix(s.tools[0], r.Path+"/")
		if below && len(r.Path) > len(provider) {
			provider, s.version = r.Path, r.Version
		}
	}
	if provider == "" {
		return nil, fmt.Errorf("%s/go.mod requires no module that provides %s", dir, s.tools[0])
	}
	return s, nil
}

// family takes the version off a set's name: containerd-2.4 is of containerd.
func family(name string) string {
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		return name[:i]
	}
	return name
}

// binary is the name `go build` gives a program.
func binary(importPath string) string {
	base := path.Base(importPath)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		return path.Base(path.Dir(importPath))
	}
	return base
}

// pinned finds integration/tools from anywhere inside the repository, which is
// where tests and `go run` start.
func pinned() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		tools := filepath.Join(at, "integration", "tools")
		if _, err := os.Stat(filepath.Join(tools, "main.go")); err == nil {
			return tools, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not inside the unbusy repository", dir)
		}
	}
}

// withStderr puts what a command wrote to standard error into its error.
func withStderr(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}
