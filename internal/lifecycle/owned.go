package lifecycle

import (
	"errors"
	"io/fs"
	"os"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/victim"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/spec"
)

// lister finds namespaces in the way that is configured.
func lister(settings config.Config) *mountns.Lister {
	if settings.Namespaces == config.NamespacesProc {
		return mountns.NewProcLister()
	}
	return mountns.NewLister()
}

// areas are the mount areas of this host.
func areas(settings config.Config) ([]spec.Area, error) {
	table, err := mountns.OwnTable()
	if err != nil {
		return nil, err
	}
	return roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: settings}).Areas(), nil
}

// own returns what a container owns now.
func own(description cleanup.Container, c Container) ([]cleanup.Owned, error) {
	found := c.Areas
	if found == nil {
		var err error
		if found, err = areas(c.Settings); err != nil {
			return nil, err
		}
	}
	return victim.Own(lister(c.Settings), description, found)
}

// OwnedBefore returns what a container owns that is about to be deleted. What
// was recorded at its start counts; beyond that, what can still be seen: a
// container may be older than unbusy, and a pod gets volumes while it runs.
func OwnedBefore(c Container) ([]cleanup.Owned, error) {
	record, err := cleanup.ReadRecord(c.Bundle, c.ID)
	recorded := err == nil
	if !recorded && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if recorded && !record.Sandbox {
		return record.Owned, nil
	}
	description, err := victim.Read(c.Bundle, c.ID, 0)
	if err != nil {
		return nil, err
	}
	now, err := own(description, c)
	if err != nil {
		return nil, err
	}
	return merge(record.Owned, now), nil
}

// OwnedByPod returns what the pod of a container owns now beside its containers'
// root file systems; sandbox is the id of its sandbox, of which nothing else may
// be left.
func OwnedByPod(c Container, sandbox string) ([]cleanup.Owned, error) {
	description, err := victim.Read(c.Bundle, sandbox, 0)
	if err != nil {
		return nil, err
	}
	description.Sandbox, description.Rootfs = true, ""
	return own(description, c)
}

// merge adds to what was recorded what is at no recorded path.
func merge(recorded, now []cleanup.Owned) []cleanup.Owned {
	known := make(map[string]bool, len(recorded))
	for i := range recorded {
		known[recorded[i].Path] = true
	}
	for i := range now {
		if !known[now[i].Path] {
			recorded = append(recorded, now[i])
		}
	}
	return recorded
}
