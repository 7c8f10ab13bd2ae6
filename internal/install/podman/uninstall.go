package podman

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/tomledit"
)

// Uninstall plans for podman's configuration to be as it was. As long as there
// are containers that were created under the runtime, its name stays, for what
// was behind it: without the name podman does not start them.
func Uninstall(ctx context.Context, request install.Request) (install.Plan, error) {
	host := request.Host
	plan := install.Plan{Engine: engine}
	target, _, err := host.Read(configPath(request))
	if err != nil {
		return plan, err
	}
	paths := request.Installed(target)
	kept, err := remaining(ctx, request, paths)
	if err != nil {
		return plan, err
	}
	for _, path := range paths {
		file, err := remove(request, path, kept != "")
		if err != nil {
			return plan, err
		}
		plan.Files = append(plan.Files, file)
	}
	helpers, err := request.UndoHelpers(kept != "")
	if err != nil {
		return plan, err
	}
	plan.Files = append(plan.Files, helpers...)
	if kept != "" {
		plan.Notes = append(plan.Notes,
			fmt.Sprintf("the name %q stays, now for the runtime that was behind unbusy-runtime: %s", ours, kept),
			"once they are removed, or created anew, run unbusy uninstall podman again")
	}
	switch {
	case plan.Changes():
		addCheck(ctx, install.Request{Host: host}, &plan)
		plan.Notes = append(plan.Notes, "nothing has to be restarted but a podman API service, if one runs: systemctl restart podman.service")
	case kept == "":
		plan.Notes = append(plan.Notes, "not installed; nothing was changed")
	}
	return plan, nil
}

// remove plans for one file.
func remove(request install.Request, path string, needed bool) (install.File, error) {
	host := request.Host
	if !needed {
		return request.Record.Undo(host, path, func(now, original []byte) ([]byte, error) { return takeOut(path, now, original) })
	}
	path, now, err := host.Read(path)
	if err != nil {
		return install.File{}, err
	}
	file := install.File{Path: path, Before: now, After: now, Ours: request.Record.Has(path)}
	doc, err := install.ParseTOML(path, now)
	if err != nil {
		return file, err
	}
	paths, _ := doc.Table("engine", "runtimes")[ours].([]any)
	rest := slices.DeleteFunc(slices.Clone(paths), func(p any) bool { s, ok := p.(string); return !ok || host.IsOurs(s) })
	if len(rest) == 0 && len(paths) > 0 {
		first, _ := paths[0].(string)
		wrapped, err := host.Wrapped(first)
		if err != nil {
			return file, err
		}
		rest = []any{wrapped}
	}
	if len(paths) > 0 {
		if err := doc.Set(rest, "engine", "runtimes", ours); err != nil {
			return file, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := defaultAgain(doc, path, request.Record.Original(path)); err != nil {
		return file, err
	}
	file.After = doc.Bytes()
	return file, nil
}

// takeOut takes unbusy out of a file.
func takeOut(path string, now, original []byte) ([]byte, error) {
	doc, err := install.ParseTOML(path, now)
	if err != nil {
		return nil, err
	}
	if _, there := doc.Get("engine", "runtimes", ours); !there {
		return now, nil
	}
	if _, err := doc.Remove("engine", "runtimes", ours); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := defaultAgain(doc, path, original); err != nil {
		return nil, err
	}
	had, err := install.ParseTOML(path, original)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"runtime_supports_json", "runtime_supports_nocgroup"} {
		list, _ := doc.Table("engine")[key].([]any)
		_, before := had.Get("engine", key)
		rest := slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == ours })
		switch {
		case len(rest) == len(list):
		case before:
			err = doc.Set(rest, "engine", key)
		default:
			_, err = doc.Remove("engine", key)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, table := range [][]string{{"engine", "runtimes"}, {"engine"}} {
		if _, before := had.Get(table...); !before && len(doc.Table(table...)) == 0 {
			if _, err := doc.Remove(table...); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	if original == nil && install.IsEmptyTOML(doc.Bytes(), header) {
		return nil, nil
	}
	return doc.Bytes(), nil
}

// defaultAgain makes the default runtime what it was before.
func defaultAgain(doc *tomledit.Document, path string, original []byte) error {
	if doc.String("engine", "runtime") != ours {
		return nil
	}
	had, err := install.ParseTOML(path, original)
	if err != nil {
		return err
	}
	if name := had.String("engine", "runtime"); name != "" && name != ours {
		err = doc.Set(name, "engine", "runtime")
	} else {
		_, err = doc.Remove("engine", "runtime")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// remaining says why the name has to stay, empty if it need not.
func remaining(ctx context.Context, request install.Request, paths []string) (string, error) {
	host := request.Host
	installed := false
	for _, path := range paths {
		_, text, err := host.Read(path)
		if err != nil {
			return "", err
		}
		doc, err := install.ParseTOML(path, text)
		if err != nil {
			return "", err
		}
		_, there := doc.Get("engine", "runtimes", ours)
		installed = installed || there
	}
	if !installed {
		return "", nil
	}
	names, err := users(ctx, host)
	if err != nil {
		return fmt.Sprintf("podman did not say which containers were created under it (%v), and does not start them without the name", err), nil
	}
	if len(names) == 0 {
		return "", nil
	}
	const most = 10
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return "podman would not start these containers without it: " + text, nil
}

// users are root's containers that were created under unbusy-runtime.
func users(ctx context.Context, host *install.Host) ([]string, error) {
	podman := host.LookPath("podman")
	if podman == "" {
		return nil, nil
	}
	// Where it does not find what it wrote since the boot podman writes into its
	// database that nothing runs (libpod runtime.go, makeRuntime), and a tree that is
	// mounted somewhere need not have the host's /run.
	if host.Prefix() != "/" && !host.Exists("/run/libpod/alive") {
		return nil, fmt.Errorf("it has not been used since the boot, or not with %s/run", host.Prefix())
	}
	// Podman does nothing at all if its default runtime is gone, unless it is told
	// another one.
	var global []string
	if files, err := sources(host, ""); err == nil {
		for _, name := range preferred {
			if path := merged(files).pathOf(host, name); path != "" {
				global = []string{"--runtime", path}
				break
			}
		}
	}
	out, err := host.Output(ctx, podman, append(global, "ps", "--all", "--quiet", "--no-trunc")...)
	ids := strings.Fields(string(out))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	inspect := append([]string{"container", "inspect", "--format", "{{.OCIRuntime}} {{.Name}}"}, ids...)
	out, err = host.Output(ctx, podman, append(global, inspect...)...)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		if runtime, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && runtime == ours {
			names = append(names, name)
		}
	}
	return names, nil
}
