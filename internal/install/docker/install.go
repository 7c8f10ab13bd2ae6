package docker

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

const (
	engine = "docker"
	// ours is the name under which dockerd gets to know unbusy-runtime.
	ours = "unbusy"
	// stock is what dockerd calls the runtime that it has without configuration.
	stock = "runc"
)

// Install plans for dockerd to know unbusy-runtime as the runtime "unbusy",
// and, if asked for, to use it for containers that ask for no other. It stands
// in front of what is the default runtime until then.
func Install(ctx context.Context, request install.Request) (install.Plan, error) {
	host := request.Host
	target, err := findTarget(host, request.Config)
	if err != nil {
		return install.Plan{}, err
	}
	_, text, err := host.Read(target.path)
	if err != nil {
		return install.Plan{}, err
	}
	doc, have, err := readSettings(target.path, text)
	if err != nil {
		return install.Plan{}, err
	}
	plan := install.Plan{Engine: engine}
	if already := wrapped(host, target, have); already != "" && (!request.SetAsDefault || isDefault(host, target, have)) {
		plan.Notes = []string{already + "; nothing was changed"}
		return plan, nil
	}
	if err := refuse(request, target); err != nil {
		return install.Plan{}, err
	}
	name := handMade(host, have)
	if name == "" || !isStock(have.DefaultRuntime) {
		name = ours
		c := change{request: request, doc: doc, have: have, plan: &plan}
		if err := c.entry(target); err != nil {
			return install.Plan{}, err
		}
	}
	if request.SetAsDefault {
		if err := doc.set(name, "default-runtime"); err != nil {
			return install.Plan{}, err
		}
	}
	plan.Files = append(plan.Files, install.File{Path: target.path, Before: text, After: doc.text, Ours: true})
	var unchecked string
	if plan.Check, unchecked = checker(ctx, host, target.path); unchecked != "" {
		plan.Notes = append(plan.Notes, unchecked)
	}
	plan.Notes = append(plan.Notes, whatNow(target, request.SetAsDefault)...)
	return plan, nil
}

// wrapped says how unbusy-runtime is in use already, empty if it is not.
func wrapped(host *install.Host, target target, have settings) string {
	for _, name := range have.names() {
		if entry := have.Runtimes[name]; entry.Path != "" && host.IsOurs(entry.Path) && host.Exists(entry.Path) {
			return fmt.Sprintf("already installed: %s has unbusy-runtime as the runtime %q", target.path, name)
		}
	}
	if where, name := flagged(host, target); where != "" {
		return fmt.Sprintf("already installed: %s has unbusy-runtime as the runtime %q", where, name)
	}
	if runc := host.LookPath(stock); runc != "" && host.IsOurs(runc) && have.Runtimes[stock].Path == "" {
		return fmt.Sprintf("already installed: %s is unbusy-runtime", runc)
	}
	return ""
}

// handMade is the name of an entry of ours that somebody else has made, to be
// used in place of a second one. It is empty if there is none.
func handMade(host *install.Host, have settings) string {
	for _, name := range have.names() {
		if entry := have.Runtimes[name]; name != ours && host.IsOurs(entry.Path) && host.Exists(entry.Path) {
			return name
		}
	}
	return ""
}

// flagged tells where dockerd's command line brings a runtime of ours, and its
// name there.
func flagged(host *install.Host, target target) (where, name string) {
	for _, line := range target.lines {
		for _, value := range line.values("--add-runtime") {
			name, path, _ := strings.Cut(value, "=")
			if path != "" && host.IsOurs(path) {
				return line.where, name
			}
		}
	}
	return "", ""
}

// isDefault tells whether containers that ask for nothing run under ours.
func isDefault(host *install.Host, target target, have settings) bool {
	name := have.DefaultRuntime
	if _, flag := target.flag("--default-runtime"); flag != "" {
		name = flag
	}
	if _, flag := flagged(host, target); name != "" && flag == name {
		return true
	}
	if entry, ok := have.Runtimes[name]; ok {
		return host.IsOurs(entry.Path) && host.Exists(entry.Path)
	}
	runc := host.LookPath(stock)
	return isStock(name) && runc != "" && host.IsOurs(runc)
}

// refuse says what stands in the way outside of the file.
func refuse(request install.Request, target target) error {
	// dockerd does not start if a setting is both a flag and in the file;
	// runtimes are the exception (moby daemon/config/config.go, skipDuplicates).
	if where, value := target.flag("--default-runtime"); where != "" && request.SetAsDefault {
		return fmt.Errorf("%s has --default-runtime %s, and dockerd does not start if that is in %s, too: take it out there first",
			where, value, target.path)
	}
	if target.snap && !strings.HasPrefix(request.Runtime, snapPrefix) {
		return fmt.Errorf("the docker snap sees only its own files, and not %s: it cannot run it", request.Runtime)
	}
	return nil
}

// change is a daemon.json that is being changed.
type change struct {
	request install.Request
	doc     *document
	have    settings
	plan    *install.Plan
}

// entry puts unbusy-runtime among the runtimes.
func (c *change) entry(target target) error {
	host := c.request.Host
	if old, ok := c.have.Runtimes[ours]; ok && !host.IsOurs(old.Path) && !c.request.Record.Has(target.path) {
		return fmt.Errorf("%s has another runtime called %q already, %s: rename it first", target.path, ours, old.Path+old.Type)
	}
	path, args, err := c.wrap()
	if err != nil {
		return err
	}
	value := []member{{"path", path}}
	if len(args) > 0 {
		value = append(value, member{"runtimeArgs", args})
	}
	if c.have.Runtimes == nil {
		// Also in place of a null.
		return c.doc.set([]member{{ours, value}}, "runtimes")
	}
	return c.doc.set(value, "runtimes", ours)
}

// wrap returns the path that stands for the runtime that is the default now, and
// its arguments.
func (c *change) wrap() (path string, args []string, err error) {
	name := c.have.DefaultRuntime
	if old, ok := c.have.Runtimes[name]; ok && c.request.Host.IsOurs(old.Path) {
		// The binary has moved.
		name, err = c.request.Host.Wrapped(old.Path)
		if err != nil {
			return "", nil, err
		}
		return c.link(name, old.Args)
	}
	if name == ours {
		// What a removal has left for containers that have the name.
		entry := c.have.Runtimes[ours]
		return c.link(entry.Path, entry.Args)
	}
	entry, ok := c.have.Runtimes[name]
	switch {
	case !ok && isStock(name):
		return c.request.Runtime, nil, nil
	case !ok && c.request.SetAsDefault:
		return "", nil, fmt.Errorf("%s: the default runtime %q is not among its runtimes, so unbusy-runtime cannot stand in front of it",
			c.doc.path, name)
	case !ok:
		return c.request.Runtime, nil, nil
	case entry.Path == "" && c.request.SetAsDefault:
		return "", nil, fmt.Errorf("%s: the default runtime %q is a containerd shim (runtimeType %q), which unbusy-runtime cannot stand in front of",
			c.doc.path, name, entry.Type)
	case entry.Path == "":
		return c.request.Runtime, nil, nil
	}
	return c.link(entry.Path, entry.Args)
}

func (c *change) link(runtime string, args []string) (string, []string, error) {
	where, helpers, err := c.request.Wrap(runtime)
	if err != nil {
		return "", nil, err
	}
	c.plan.Files = append(c.plan.Files, helpers...)
	c.plan.Notes = append(c.plan.Notes, fmt.Sprintf("%q calls %s, which is Docker's default runtime now", ours, runtime))
	if !known(path.Base(runtime)) {
		c.plan.Notes = append(c.plan.Notes, fmt.Sprintf("how %s mounts is not known: containers' mounts are left as they are unless runtime_kind in /etc/unbusy/config.toml says what it behaves like", runtime))
	}
	return where, args, nil
}

// known are the runtimes for which specifications are rewritten by themselves.
func known(name string) bool { return name == "runc" || name == "docker-runc" || name == "crun" }

// whatNow is what the operator has to do.
func whatNow(target target, setAsDefault bool) []string {
	reload := "run: systemctl reload docker"
	switch where, _ := target.flag("--add-runtime"); {
	case target.snap:
		reload = "run: snap restart docker"
	case where != "":
		reload = "run: systemctl restart docker (not reload, at which dockerd forgets the runtimes of its --add-runtime)"
	}
	if !setAsDefault {
		return []string{reload, "containers run under it that are created with --runtime " + ours + "; all others stay as they are"}
	}
	return []string{
		reload,
		"running containers go on undisturbed",
		"containers created from then on run under it; one that exists keeps the runtime it was created with, also when it is restarted, until it is removed and created anew",
	}
}
