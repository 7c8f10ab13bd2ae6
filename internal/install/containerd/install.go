package containerd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

const engineName = "containerd"

// Install plans for containerd to have a handler "unbusy", with the settings of
// the one that is the default and our shim; and, if asked for, for all handlers
// of runc's type to have our shim.
//
// The default stays what it is called. Pods are created under the name of a
// handler, or under none, and containerd looks that up again for each of their
// containers: with the name of another as the default, and that gone some day,
// it would be answered by an error; and pods that ask for "runc" or "nvidia" by
// name would not be protected.
func Install(ctx context.Context, request install.Request) (install.Plan, error) {
	d, err := findDaemon(ctx, request)
	if err != nil {
		return install.Plan{}, err
	}
	if d.program == "" {
		return install.Plan{}, errors.New("there is no containerd on this host")
	}
	if d.version, err = versionOf(ctx, d.host, d.program); err != nil {
		return install.Plan{}, err
	}
	files, err := loadAll(d.host, d.config)
	if err != nil {
		return install.Plan{}, err
	}
	s := settings{files, d}
	if err := s.refuse(request); err != nil {
		return install.Plan{}, err
	}
	before, err := d.dump(ctx, s.main().before != nil)
	if err != nil {
		return install.Plan{}, fmt.Errorf("containerd does not accept its configuration as it is: %w", err)
	}
	c := &change{request: request, settings: s, before: before, want: before.values}
	switch {
	case before.hasCRI():
		err = c.handlers()
	case !request.SetAsDefault:
		err = fmt.Errorf("%s disables CRI (disabled_plugins), so that this containerd runs no pods: for Docker's containers use unbusy install docker, for those of others add --set-as-default", s.main().path)
	}
	if err == nil && request.SetAsDefault {
		err = c.link()
	}
	if err != nil {
		return install.Plan{}, err
	}
	return c.plan(), nil
}

// refuse says what stands in the way whatever the handlers are.
func (s *settings) refuse(request install.Request) error {
	v := s.daemon.version
	switch {
	case v.before(1, 6, 0):
		return fmt.Errorf("containerd is %v: 1.6 is the oldest version that the shim works with", v)
	case v.losesVersion1() && s.main().version() == 1 && !s.main().saysNothing():
		return fmt.Errorf("%s has no line version = 2, or a later one, and containerd %v takes no notice of what such a file says of handlers: bring it to version 2 or 3 first", s.main().path, v)
	case !v.takesRuntimePath() && !request.SetAsDefault:
		return fmt.Errorf("containerd %v takes no notice of a handler's runtime_path (1.6.21 is the first that does): all containers can have the shim, by --set-as-default, or none", v)
	}
	return nil
}

// plan is what has become of the files.
func (c *change) plan() install.Plan {
	plan := install.Plan{Engine: engineName, Notes: c.notes}
	for _, f := range c.settings.files {
		if c.changed[f] || c.request.Record.Has(f.path) {
			plan.Files = append(plan.Files, install.File{Path: f.path, Before: f.before, After: f.doc.Bytes(), Ours: true})
		}
	}
	plan.Files = append(plan.Files, c.links...)
	if !plan.Changes() {
		plan.Notes = append(plan.Notes, "already installed; nothing was changed")
		return plan
	}
	plan.Check = c.check
	plan.Notes = append(plan.Notes, "run: systemctl restart containerd",
		"running containers and pods go on undisturbed through the restart, as they are; what is created after it gets the shim")
	if !c.request.SetAsDefault {
		plan.Notes = append(plan.Notes, "pods get it whose RuntimeClass has the handler "+ourHandler+"; all others stay as they are")
	}
	return plan
}

// check lets containerd say what it makes of the new files.
func (c *change) check(ctx context.Context) error {
	after, err := c.settings.daemon.dump(ctx, true)
	if err != nil {
		return err
	}
	if different := differences(c.want, after.values); len(different) > 0 {
		return fmt.Errorf("it would not do what was meant: %s", strings.Join(different, ", "))
	}
	return nil
}
