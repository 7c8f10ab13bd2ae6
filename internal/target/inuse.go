package target

import (
	"context"
	"fmt"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// judge says whether the target may be swept. What a container's engine says
// about it counts; of mounts that are no known container's, that nobody has them
// where they would be in use.
func (t *Target) judge(ctx context.Context, h *Host) {
	if t.refuse != "" && len(t.Owned) > 0 {
		t.InUse = t.refuse
		return
	}
	if t.Container.ID == "" {
		if t.InUse = h.usedBy(t.Owned); t.InUse == "" {
			t.InUse = h.claimed(ctx, t.Owned)
		}
		return
	}
	state, err := h.ask(ctx, t.Container)
	if err != nil {
		t.State = Unknown
		t.InUse = cleanup.Refusal("whether the container runs is not known: " + err.Error())
		return
	}
	t.State = state
	switch state {
	case Stopped:
	case Running:
		t.InUse = "the container is running"
	case Gone:
		// The engine may have forgotten what it has not unmounted.
		t.InUse = h.usedBy(t.Owned)
	default:
		t.InUse = "whether the container runs is not known"
	}
}

// claimed says whether a container runs to which one of the mounts belongs: one
// whose engine has gone to another namespace, or that is not on our disk. That
// nobody answers is no reason: nothing else says that the mount is in use.
func (h *Host) claimed(ctx context.Context, owned []cleanup.Owned) cleanup.Refusal {
	for i := range owned {
		if _, ok := h.areas().spotOf(owned[i].Path); !ok {
			continue
		}
		if owner, err := h.Ask(ctx, owned[i].Path); err == nil && owner.State == ask.Running {
			return cleanup.Refusal(fmt.Sprintf("it is mounted for container %s, which is running", owner.Container))
		}
	}
	return ""
}

// ask asks the engine of a container. It may be known in several directories: it
// runs if it does by one of them.
func (h *Host) ask(ctx context.Context, c Container) (State, error) {
	state := Gone
	if c.Kept {
		state = Stopped
	}
	for _, dir := range c.Dirs {
		owner, err := h.Ask(ctx, dir)
		switch {
		case err != nil:
			return Unknown, err
		case owner.State == ask.Running:
			return Running, nil
		case owner.State == ask.Stopped:
			state = Stopped
		case owner.State != ask.NoSuch:
			return Unknown, nil
		}
	}
	return state, nil
}

// usedBy says who has one of the mounts where it is in use: in a protected
// namespace, in ours, or for a root directory.
func (h *Host) usedBy(owned []cleanup.Owned) cleanup.Refusal {
	for i := range owned {
		o := &owned[i]
		if why := h.user(o); why != "" {
			return cleanup.Refusal(why)
		}
	}
	return ""
}

func (h *Host) user(o *cleanup.Owned) string {
	why := ""
	h.each(func(ns *Namespace, m *mount.Mount) {
		if why == "" && m.Device == o.Device && m.Root == o.Root {
			why = h.inUseAt(ns, m)
		}
	})
	return why
}

// inUseAt says why a superblock that is mounted somewhere is in use, empty if
// that is no place in which it would be.
func (h *Host) inUseAt(ns *Namespace, m *mount.Mount) string {
	switch {
	case ns.Protected != "":
		return fmt.Sprintf("it is mounted at %s in %s (%s)", m.Path, ns.ID, ns.Protected)
	case ns.ID.Same(h.Own):
		return "it is mounted here, at " + m.Path
	case m.Path == "/" && m.FSType != nsfs:
		return fmt.Sprintf("it is the root directory of %s", ns.ID)
	default:
		return ""
	}
}
