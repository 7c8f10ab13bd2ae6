package crio

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/tomledit"
)

const (
	engine = "crio"
	// ours is the name of the handler.
	ours   = "unbusy"
	header = "# Made by: unbusy install crio\n# Taken away by: unbusy uninstall crio\n"
)

// Install plans for CRI-O to have unbusy-runtime as the handler "unbusy", which
// is in everything else what the default handler is until then, and, if asked
// for, to use it for pods that ask for no other.
func Install(ctx context.Context, request install.Request) (install.Plan, error) {
	host := request.Host
	p, err := findPlace(host, request.Config)
	if err != nil {
		return install.Plan{}, err
	}
	target, text, err := host.Read(p.target)
	if err != nil {
		return install.Plan{}, err
	}
	doc, err := install.ParseTOML(target, text)
	if err != nil {
		return install.Plan{}, err
	}
	files, err := sources(host, p, "")
	if err != nil {
		return install.Plan{}, err
	}
	plan := install.Plan{Engine: engine}
	all := merged(files)
	all.addBuiltIn(ctx, host)
	if already := wrapped(host, all); already != "" && (!request.SetAsDefault || isOurs(host, all, all.standard)) {
		plan.Notes = []string{already + "; nothing was changed"}
		return plan, nil
	}
	if err := checkOthers(request, files, p); err != nil {
		return install.Plan{}, err
	}
	if all.standard == ours {
		// Ours, and broken: what it stands in front of is in the other files.
		others, err := sources(host, p, target)
		if err != nil {
			return install.Plan{}, err
		}
		all = merged(others)
		all.addBuiltIn(ctx, host)
	}
	if err := write(request, doc, text, p, all, &plan); err != nil {
		return install.Plan{}, err
	}
	addCheck(ctx, host, p, &plan)
	plan.Notes = append(plan.Notes, whatNow(request.SetAsDefault)...)
	return plan, nil
}

// wrapped says how unbusy-runtime is in use already, empty if it is not.
func wrapped(host *install.Host, all runtimes) string {
	for _, name := range slices.Sorted(maps.Keys(all.handlers)) {
		if isOurs(host, all, name) {
			return fmt.Sprintf("already installed: CRI-O's runtime handler %q is unbusy-runtime", name)
		}
	}
	return ""
}

func isOurs(host *install.Host, all runtimes, name string) bool {
	path := all.pathOf(host, name)
	return path != "" && host.IsOurs(path) && host.Exists(path)
}

// checkOthers says what in other files would be in the way.
func checkOthers(request install.Request, files []source, p place) error {
	for _, file := range files {
		where, err := request.Host.Resolve(file.path)
		if err != nil {
			return err
		}
		if h, ok := file.Crio.Runtime.Runtimes[ours]; ok && !request.Host.IsOurs(h.text("runtime_path")) && !request.Record.Has(where) {
			return fmt.Errorf("%s has another runtime handler called %q already: %s", file.path, ours, h.text("runtime_path"))
		}
		later := path.Dir(file.path) == p.dir && (path.Dir(p.target) != p.dir || path.Base(file.path) > path.Base(p.target))
		if name := file.Crio.Runtime.Default; later && where != p.target && name != "" && request.SetAsDefault {
			return fmt.Errorf("%s, which CRI-O reads after %s, makes %q the default runtime: take that out first",
				file.path, p.target, name)
		}
	}
	return nil
}

// write puts the handler into the file.
func write(request install.Request, doc *tomledit.Document, before []byte, p place, all runtimes, plan *install.Plan) error {
	host := request.Host
	model, ok := all.handlers[all.standard]
	if kind := model.text("runtime_type"); kind == "vm" {
		return fmt.Errorf("CRI-O's default runtime %q starts virtual machines, and unbusy-runtime cannot stand in front of it", all.standard)
	}
	runtime := all.pathOf(host, all.standard)
	if !ok || runtime == "" || !host.Exists(runtime) {
		return fmt.Errorf("CRI-O's default runtime %q was not found, so unbusy-runtime cannot stand in front of it", all.standard)
	}
	// What the file says already of the default may be about to change.
	shown, helpers, err := request.Wrap(runtime)
	if err != nil {
		return err
	}
	entry := maps.Clone(model)
	maps.DeleteFunc(entry, func(key string, value any) bool { return notCopied(key) || value == "" })
	entry["runtime_path"] = shown
	if entry["runtime_type"] == nil {
		entry["runtime_type"] = "oci"
	}
	if request.SetAsDefault {
		if err := doc.Set(ours, "crio", "runtime", "default_runtime"); err != nil {
			return fmt.Errorf("%s: %w", p.target, err)
		}
	}
	if _, err := doc.Remove(table()...); err != nil {
		return fmt.Errorf("%s: %w", p.target, err)
	}
	for _, key := range keys(entry) {
		if err := set(doc, entry[key], append(table(), key)...); err != nil {
			return fmt.Errorf("%s: copy %s: %w", p.target, key, err)
		}
	}
	after := doc.Bytes()
	if before == nil {
		after = append([]byte(header), after...)
	}
	plan.Files = append(plan.Files, helpers...)
	plan.Files = append(plan.Files, install.File{Path: p.target, Before: before, After: after, Ours: true})
	plan.Notes = append(plan.Notes, fmt.Sprintf("%q calls %s and has the settings of %q, CRI-O's default runtime now", ours, runtime, all.standard))
	return nil
}

func table() []string { return []string{"crio", "runtime", "runtimes", ours} }

// notCopied are keys of a handler that would have CRI-O run something else.
func notCopied(key string) bool {
	return key == "inherit_default_runtime" || key == "platform_runtime_paths" || key == "runtime_path"
}

// keys has the path first, and tables, which have to come last, last.
func keys(entry handler) []string {
	names := slices.Sorted(maps.Keys(entry))
	rank := func(name string) int {
		_, isTable := entry[name].(map[string]any)
		switch {
		case name == "runtime_path":
			return 0
		case isTable:
			return 2
		default:
			return 1
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

func set(doc *tomledit.Document, value any, path ...string) error {
	inner, ok := value.(map[string]any)
	if !ok {
		return doc.Set(value, path...)
	}
	for _, key := range slices.Sorted(maps.Keys(inner)) {
		if err := set(doc, inner[key], append(slices.Clone(path), key)...); err != nil {
			return err
		}
	}
	return nil
}

// addCheck lets CRI-O read its configuration afterwards, if it can now.
func addCheck(ctx context.Context, host *install.Host, p place, plan *install.Plan) {
	crio := host.LookPath("crio")
	if crio == "" {
		plan.Notes = append(plan.Notes, "crio was not found, so it has not checked the file")
		return
	}
	check := func(ctx context.Context) error {
		out, err := host.Output(ctx, crio, "--config", p.main, "--config-dir", p.dir, "config")
		if err == nil && len(bytes.TrimSpace(out)) == 0 {
			err = fmt.Errorf("%s config printed nothing", crio)
		}
		return err
	}
	if err := check(ctx); err != nil {
		plan.Notes = append(plan.Notes, fmt.Sprintf("crio has not checked the file, since it did not accept its configuration before either: %v", err))
		return
	}
	plan.Check = check
}

func whatNow(setAsDefault bool) []string {
	notes := []string{"run: systemctl restart crio; running containers go on undisturbed"}
	if !setAsDefault {
		return append(notes, "pods run under it whose RuntimeClass has handler: "+ours+"; all others stay as they are")
	}
	return append(notes, "containers created from then on run under it, unless their pod's RuntimeClass names another handler")
}
