package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// maxNamed is how many containers are named.
const maxNamed = 10

// Uninstall plans for dockerd's configuration to be as it was. As long as there
// are containers that were created under the runtime, its name stays, for what
// was behind it: without the name dockerd would not start them.
func Uninstall(ctx context.Context, request install.Request) (install.Plan, error) {
	host := request.Host
	target, err := findTarget(host, request.Config)
	if err != nil {
		return install.Plan{}, err
	}
	plan := install.Plan{Engine: engine}
	var kept []string
	if plan.Files, kept, err = request.Remove(target.path, remove); err != nil {
		return install.Plan{}, err
	}
	if !plan.Changes() && len(kept) == 0 {
		plan.Notes = []string{"not installed; nothing was changed"}
		return plan, nil
	}
	var unchecked string
	if plan.Check, unchecked = checker(ctx, host, target.path); unchecked != "" && plan.Changes() {
		plan.Notes = append(plan.Notes, unchecked)
	}
	plan.Notes = append(plan.Notes, afterwards(target, plan, kept)...)
	return plan, nil
}

// remove plans for one daemon.json, and returns the containers because of which
// the runtime's name has to stay.
func remove(request install.Request, path string) (install.File, []string, error) {
	host := request.Host
	path, now, err := host.Read(path)
	if err != nil {
		return install.File{}, nil, err
	}
	_, have, err := readSettings(path, now)
	if err != nil {
		return install.File{}, nil, err
	}
	names, err := wrappers(request, path, have)
	if err != nil {
		return install.File{}, nil, err
	}
	kept, err := users(host, have.DataRoot, names)
	if err != nil {
		return install.File{}, nil, err
	}
	if len(kept) == 0 {
		file, err := request.Record.Undo(host, path, func(now, original []byte) ([]byte, error) {
			return takeOut(host, path, now, original, names)
		})
		return file, nil, err
	}
	after, err := standIn(host, path, now, request.Record.Original(path), names)
	return install.File{Path: path, Before: now, After: after, Ours: request.Record.Has(path)}, kept, err
}

// wrappers are the runtimes in the file that are ours, or stand in for ours
// since an earlier removal. One that was there before is somebody else's.
func wrappers(request install.Request, path string, have settings) ([]string, error) {
	_, had, err := readSettings(path, request.Record.Original(path))
	return slices.DeleteFunc(have.names(), func(name string) bool {
		if name == ours && request.Record.Has(path) {
			return false
		}
		return had.Runtimes[name].Path != "" || !request.Host.IsOurs(have.Runtimes[name].Path)
	}), err
}

// takeOut takes some runtimes out of a file.
func takeOut(host *install.Host, path string, now, original []byte, names []string) ([]byte, error) {
	doc, have, err := readSettings(path, now)
	if err != nil {
		return nil, err
	}
	before := string(doc.text)
	if err := defaultAgain(host, doc, have, original); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := doc.remove("runtimes", name); err != nil {
			return nil, err
		}
	}
	if len(names) > 0 && len(names) == len(have.Runtimes) {
		if err := doc.remove("runtimes"); err != nil {
			return nil, err
		}
	}
	switch {
	case string(doc.text) == before:
		return now, nil
	case original == nil && len(object(&doc.root).Members) == 0:
		return nil, nil
	default:
		return doc.text, nil
	}
}

// standIn lets what was wrapped stand in for the wrapper, under its name.
func standIn(host *install.Host, path string, now, original []byte, names []string) ([]byte, error) {
	doc, have, err := readSettings(path, now)
	if err != nil {
		return nil, err
	}
	if err := defaultAgain(host, doc, have, original); err != nil {
		return nil, err
	}
	for _, name := range names {
		old := have.Runtimes[name].Path
		if !host.IsOurs(old) {
			continue
		}
		wrapped, err := host.Wrapped(old)
		if err != nil {
			return nil, err
		}
		if err := doc.set(wrapped, "runtimes", name, "path"); err != nil {
			return nil, err
		}
	}
	return doc.text, nil
}

// defaultAgain makes the default runtime what it was before, if it is one of
// ours.
func defaultAgain(host *install.Host, doc *document, have settings, original []byte) error {
	_, had, err := readSettings(doc.path, original)
	name := have.DefaultRuntime
	if err != nil || had.DefaultRuntime == name || name != ours && !host.IsOurs(have.Runtimes[name].Path) {
		return err
	}
	if _, there := have.Runtimes[had.DefaultRuntime]; had.DefaultRuntime != "" && (there || isStock(had.DefaultRuntime)) {
		return doc.set(had.DefaultRuntime, "default-runtime")
	}
	return doc.remove("default-runtime")
}

// afterwards is what the operator has to know.
func afterwards(target target, plan install.Plan, kept []string) []string {
	var notes []string
	if len(kept) > 0 {
		named := strings.Join(kept[:min(maxNamed, len(kept))], ", ")
		if more := len(kept) - maxNamed; more > 0 {
			named += fmt.Sprintf(" and %d more", more)
		}
		notes = append(notes,
			fmt.Sprintf("the name %q stays in %s, now for the runtime that was behind unbusy-runtime: Docker would not start these containers without it: %s",
				ours, target.path, named),
			"once they are removed, or created anew, run unbusy uninstall docker again")
	}
	if !plan.Changes() {
		return append([]string{"nothing was changed"}, notes...)
	}
	restart := "run: systemctl restart docker"
	if target.snap {
		restart = "run: snap restart docker"
	}
	return append(notes,
		restart+"; until then dockerd goes on calling unbusy-runtime, which must stay where it is (a reload is not enough)",
		"with live-restore, running containers go on through the restart; without, they are stopped by it")
}
