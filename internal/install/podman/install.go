package podman

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/tomledit"
)

const (
	engine = "podman"
	// ours is the name under which podman gets to know unbusy-runtime.
	ours   = "unbusy"
	header = "# Made by: unbusy install podman\n# Taken away by: unbusy uninstall podman\n"
)

// Install plans for podman to know unbusy-runtime as the runtime "unbusy", in
// front of what is the default runtime until then, and, if asked for, to use it
// for containers that ask for no other.
func Install(ctx context.Context, request install.Request) (install.Plan, error) {
	host := request.Host
	target, text, err := host.Read(configPath(request))
	if err != nil {
		return install.Plan{}, err
	}
	doc, err := install.ParseTOML(target, text)
	if err != nil {
		return install.Plan{}, err
	}
	others, err := sources(host, "")
	if err != nil {
		return install.Plan{}, err
	}
	plan := install.Plan{Engine: engine}
	all := merged(others)
	if already := wrapped(host, all); already != "" && (!request.SetAsDefault || isOurs(host, all, all.defaultRuntime(host))) {
		plan.Notes = []string{already + "; nothing was changed"}
		return plan, nil
	}
	if others, err = sources(host, target); err != nil {
		return install.Plan{}, err
	}
	if err := checkOthers(others, target, request.SetAsDefault); err != nil {
		return install.Plan{}, err
	}
	if err := write(request, doc, text, target, merged(others), &plan); err != nil {
		return install.Plan{}, err
	}
	addCheck(ctx, request, &plan)
	plan.Notes = append(plan.Notes, whatNow(request.SetAsDefault)...)
	return plan, nil
}

func configPath(request install.Request) string {
	if request.Config != "" {
		return request.Config
	}
	return usualConfig
}

// wrapped says how unbusy-runtime is in use already, empty if it is not.
func wrapped(host *install.Host, all settings) string {
	names := append([]string{all.defaultRuntime(host)}, preferred...)
	for name := range all.Engine.Runtimes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if isOurs(host, all, name) {
			return fmt.Sprintf("already installed: podman's runtime %q is unbusy-runtime", name)
		}
	}
	return ""
}

func isOurs(host *install.Host, all settings, name string) bool {
	path := all.pathOf(host, name)
	return path != "" && host.IsOurs(path)
}

// checkOthers says what in other files would be in the way.
func checkOthers(others []source, target string, setAsDefault bool) error {
	for _, file := range others {
		if paths, ok := file.Engine.Runtimes[ours]; ok {
			return fmt.Errorf("%s has another runtime called %q already: %v", file.path, ours, paths)
		}
		if path.Dir(file.path) == path.Dir(target) && file.path > target && setAsDefault && file.Engine.Runtime != "" {
			return fmt.Errorf("%s, which podman reads after %s, makes %q the default runtime: take that out first",
				file.path, target, file.Engine.Runtime)
		}
	}
	return nil
}

// write puts unbusy-runtime into the drop-in file.
func write(request install.Request, doc *tomledit.Document, before []byte, target string, all settings, plan *install.Plan) error {
	host := request.Host
	// The file may be one of the operator's, which names the default.
	name := doc.String("engine", "runtime")
	if name == "" || name == ours {
		name = all.defaultRuntime(host)
	}
	if listed, ok := doc.Get("engine", "runtimes", name); ok {
		if paths, ok := listed.([]any); ok {
			all.Engine.Runtimes[name] = paths
		}
	}
	runtime := all.pathOf(host, name)
	if runtime == "" {
		return fmt.Errorf("podman's default runtime %q was not found, so unbusy-runtime cannot stand in front of it", name)
	}
	place, helpers, err := request.Wrap(runtime)
	if err != nil {
		return err
	}
	base := path.Base(runtime)
	set := []setting{
		{[]string{"engine", "runtime"}, ours},
		{[]string{"engine", "runtime_supports_json"}, also(all.Engine.JSON, usualJSON, base)},
		{[]string{"engine", "runtime_supports_nocgroup"}, also(all.Engine.NoCgroups, usualNoCgroups, base)},
		// Podman takes the first that exists: if unbusy is removed without being
		// uninstalled, containers start all the same.
		{[]string{"engine", "runtimes", ours}, []any{place, runtime}},
	}
	if !request.SetAsDefault {
		set = set[1:]
	}
	for _, s := range set {
		if list, ok := s.value.([]any); ok && !onlyStrings(list) {
			continue
		}
		if err := doc.Set(s.value, s.path...); err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
	}
	after := doc.Bytes()
	if before == nil {
		after = append([]byte(header), after...)
	}
	plan.Files = append(plan.Files, helpers...)
	plan.Files = append(plan.Files, install.File{Path: target, Before: before, After: after, Ours: true})
	plan.Notes = append(plan.Notes, fmt.Sprintf("%q calls %s, which is podman's default runtime now", ours, runtime))
	return nil
}

// setting is what is to stand at a path.
type setting struct {
	path  []string
	value any
}

// onlyStrings is false for no list, and for one with an attribute such as
// {append = true}.
func onlyStrings(list []any) bool {
	return list != nil && !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}

// addCheck lets podman say which runtime it uses afterwards, if it can say so
// now.
func addCheck(ctx context.Context, request install.Request, plan *install.Plan) {
	podman := request.Host.LookPath("podman")
	if podman == "" {
		plan.Notes = append(plan.Notes, "podman was not found, so it has not checked the file")
		return
	}
	if request.Host.Prefix() != "/" {
		plan.Notes = append(plan.Notes, "podman has not checked the file, which it can do only on the running host")
		return
	}
	ask := func(ctx context.Context) (string, error) {
		out, err := request.Host.Output(ctx, podman, "info", "--format", "{{.Host.OCIRuntime.Name}}")
		return strings.TrimSpace(string(out)), err
	}
	if _, err := ask(ctx); err != nil {
		plan.Notes = append(plan.Notes, fmt.Sprintf("podman has not checked the file, since it did not work before either: %v", err))
		return
	}
	plan.Check = func(ctx context.Context) error {
		name, err := ask(ctx)
		if err == nil && request.SetAsDefault && name != ours {
			err = errors.New("its default runtime is still " + name)
		}
		return err
	}
}

func whatNow(setAsDefault bool) []string {
	notes := []string{"nothing has to be restarted but a podman API service, if one runs: systemctl restart podman.service"}
	if !setAsDefault {
		return append(notes, "containers run under it that are created with --runtime "+ours+"; all others stay as they are")
	}
	return append(notes, "containers created from now on run under it; one that exists keeps the runtime it was created with, also when it is restarted, until it is removed and created anew")
}
