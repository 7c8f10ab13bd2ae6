package lifecycle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/maydetach"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/internal/victim"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// Start is for a container that is created and whose own program has not begun.
// It writes the record that a later sweep relies on. Where that is configured, detach
// detaches other containers' private copies from the new container; else it is nil.
func Start(c Container) (detach func(context.Context) error, err error) {
	owned, err := Record(c)
	if err != nil || !DetachesAtCreate(c.Settings) || c.PID == 0 {
		return nil, err
	}
	return func(ctx context.Context) error { return detachOthers(ctx, c, owned) }, nil
}

// Record writes the record that a later sweep relies on, and returns what is in
// it: what the container owns.
func Record(c Container) ([]cleanup.Owned, error) {
	description, err := victim.Read(c.Bundle, c.ID, c.PID)
	if err != nil {
		return nil, err
	}
	return record(description, c)
}

// RecordEarly is [Record] for a container that is being created, whose root file
// system is mounted and that has no process yet. It does nothing and reports false if
// that is too early: there is a mount to come of a network namespace that the
// container is given.
func RecordEarly(c Container) (bool, error) {
	description, err := victim.Read(c.Bundle, c.ID, 0)
	if err != nil || description.OwnNetwork {
		return false, err
	}
	_, err = record(description, c)
	return err == nil, err
}

func record(description cleanup.Container, c Container) ([]cleanup.Owned, error) {
	owned, err := own(description, c)
	if err != nil {
		return nil, err
	}
	record := cleanup.Record{ID: c.ID, Sandbox: description.Sandbox, Owned: owned}
	if err := cleanup.WriteRecord(c.Bundle, record); err != nil {
		return nil, fmt.Errorf("record what the container owns: %w", err)
	}
	return owned, nil
}

// DetachesAtCreate reports whether [Start] has mounts detached, which has to be over
// before the container's own program begins.
func DetachesAtCreate(settings config.Config) bool {
	switch settings.DetachAtCreate {
	case config.DetachOn:
		return true
	case config.DetachOff:
		return false
	default:
		return maydetach.OldRule("/proc")
	}
}

// detachOthers detaches private copies of what other containers have mounted:
// they are not taken away when those containers end.
func detachOthers(ctx context.Context, c Container, own []cleanup.Owned) error {
	ns, err := lister(c.Settings).Own()
	if err != nil {
		return err
	}
	defer ns.Close()
	mounts, err := ns.Mounts(mountns.Query{})
	if err != nil {
		return err
	}
	others := cleanup.Others(areas(c.Settings, mounts), mounts, own)
	if len(others) == 0 {
		return nil
	}
	asked, err := victim.Binds(c.Bundle)
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(o cleanup.Owned) bool { return isAskedFor(o, asked) })
	if len(others) == 0 {
		return nil
	}
	if err := victim.Complete(ns, mounts, others); err != nil {
		return err
	}
	inode, err := namespaceOf(c.PID)
	if err != nil {
		return err
	}
	report, err := sweep.Run(ctx, sweep.Request{
		Owned: others, Detach: true, PrivateOnly: true, Namespace: inode,
		Proc: c.Settings.Namespaces == config.NamespacesProc, Launch: c.Launch,
	})
	if err != nil {
		return err
	}
	logDetached(c.Log, report)
	return notDetached(c, inode, report)
}

// isAskedFor reports whether a mount is bound into a container by name, to where it
// looks like a copy that came along.
func isAskedFor(o cleanup.Owned, binds []victim.Bind) bool {
	return slices.ContainsFunc(binds, func(b victim.Bind) bool {
		return b.Source == o.Path && mount.EndsWith(filepath.Clean(b.Destination), o.Tail)
	})
}

// notDetached says what is left in the mount namespace of a new container. That is
// private copies: those that get unmounts go with the original, and what is bound to
// another place was asked for. The error is that of [Sweep].
func notDetached(c Container, namespace uint64, report sweep.Report) error {
	var left []sweep.Holder
	for _, h := range report.Lingering() {
		if h.Copy.Namespace.Inode == namespace && h.Copy.Kind == cleanup.Private && h.Copy.Refusal != cleanup.RefuseProtected {
			left = append(left, h)
		}
	}
	// Who holds them is the new container: nobody has to look for that.
	log := c.Log.WithFields(logrus.Fields{"pid": c.PID, "holder": c.ID})
	return notDone(logLeft(log, "another container's", left), c.Log, report)
}

// namespaceOf is the number of the mount namespace of a process.
func namespaceOf(pid int) (uint64, error) {
	info, err := os.Stat("/proc/" + strconv.Itoa(pid) + "/ns/mnt")
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("the mount namespace of process %d has no number", pid)
	}
	return stat.Ino, nil
}
