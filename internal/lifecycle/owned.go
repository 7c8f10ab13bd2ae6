package lifecycle

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/victim"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// lister finds namespaces in the way that is configured.
func lister(settings config.Config) *mountns.Lister {
	if settings.Namespaces == config.NamespacesProc {
		return mountns.NewProcLister()
	}
	return mountns.NewLister()
}

// areas are the mount areas of this host, given the mounts of our namespace.
func areas(settings config.Config, mounts []mount.Mount) []spec.Area {
	// The search wants to know no more of them.
	table := make([]*mountinfo.Info, 0, len(mounts))
	for _, m := range mounts {
		table = append(table, &mountinfo.Info{Mountpoint: m.Path, FSType: m.FSType, Root: m.Root})
	}
	return roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: settings}).Areas()
}

// own returns what a container owns now.
func own(description cleanup.Container, c Container) ([]cleanup.Owned, error) {
	return victim.Own(lister(c.Settings), description, func(mounts []mount.Mount) []spec.Area {
		if c.Areas != nil {
			return c.Areas
		}
		return areas(c.Settings, mounts)
	})
}

// OwnedBefore returns what a container owns that is about to be deleted. What
// was recorded at its start counts; beyond that, what can still be seen: a
// container may be older than unbusy, and a pod gets volumes while it runs.
func OwnedBefore(c Container) ([]cleanup.Owned, error) {
	owned, more, err := Recorded(c)
	if err != nil || more == nil {
		return owned, err
	}
	since, err := more()
	if err != nil {
		return nil, err
	}
	return append(owned, since...), nil
}

// Recorded is [OwnedBefore] of which a part can come later: more, if it is not nil,
// returns what a pod's sandbox owns beyond its record. That is not mounted by the
// runtime, and still there while it deletes the container.
func Recorded(c Container) (owned []cleanup.Owned, more func() ([]cleanup.Owned, error), err error) {
	record, err := cleanup.ReadRecord(c.Bundle, c.ID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		description, err := victim.Read(c.Bundle, c.ID, 0)
		if err != nil {
			return nil, nil, err
		}
		owned, err = own(description, c)
		return owned, nil, err
	case err != nil:
		return nil, nil, err
	case !record.Sandbox:
		return record.Owned, nil, nil
	}
	return record.Owned, func() ([]cleanup.Owned, error) { return ownedSince(c, record.Owned) }, nil
}

// ownedSince is what a pod's sandbox owns now and was not recorded, at a path of its
// own or where something else was. What was there counts as well: it may be held
// somewhere. Its root file system was recorded, if it has one, and may be unmounted
// meanwhile.
func ownedSince(c Container, recorded []cleanup.Owned) ([]cleanup.Owned, error) {
	description, err := victim.Read(c.Bundle, c.ID, 0)
	if err != nil {
		return nil, err
	}
	description.Rootfs = ""
	now, err := own(description, c)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(now, func(o cleanup.Owned) bool {
		return slices.ContainsFunc(recorded, func(known cleanup.Owned) bool { return sameMount(known, o) })
	}), nil
}

// sameMount reports whether what is mounted now is what was recorded.
func sameMount(known, now cleanup.Owned) bool {
	if now.UniqueID == 0 {
		known.UniqueID = 0 // it could not be asked for: the other id has to do
	}
	return known.Path == now.Path && known.IsOriginal(mount.Mount{
		Path: now.Path, Device: now.Device, Root: now.Root, UniqueID: now.UniqueID, OldID: now.OldID,
	})
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
