package ask

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/roots"
)

// docker asks whose a directory of dockerd's is.
func (l located) docker(ctx context.Context, owner *Owner) error {
	var find func(socket string) error
	switch kind := l.kind(); {
	case kind == "containers", strings.HasPrefix(kind, "rootfs/"):
		find = func(socket string) error { return l.askContainer(ctx, owner, socket, l.last()) }
	case kind == "netns":
		find = func(socket string) error { return askNetns(ctx, owner, socket, l.last()) }
	case l.root.Kind == roots.DataRoot && isLayers(kind):
		find = func(socket string) error { return l.askLayer(ctx, owner, socket) }
	default:
		// volumes, plugins, build steps and temporary mounts are not containers'.
		return l.errNobodyKnows()
	}
	socket, err := dockerdOf(ctx, l.root)
	if err != nil {
		return err
	}
	return find(socket)
}

// isLayers recognises the directories of storage drivers.
func isLayers(kind string) bool {
	switch kind {
	case "overlay2", "fuse-overlayfs", "overlay", "aufs/mnt", "devicemapper/mnt", "btrfs/subvolumes", "zfs/graph":
		return true
	}
	return false
}

func (l located) askContainer(ctx context.Context, owner *Owner, socket, id string) (err error) {
	owner.Container = id
	owner.State, err = Docker(ctx, socket, id)
	if err != nil {
		return err
	}
	if owner.State == NoSuch {
		// dockerd goes on without the containers that it fails to load when it
		// starts (moby daemon/daemon.go, loadContainers).
		file := filepath.Join(l.root.Resolved, "containers", id, "config.v2.json")
		if there, err := exists(file); err != nil {
			return err
		} else if there {
			return fmt.Errorf("dockerd on %s does not know the container of %s", socket, file)
		}
	}
	owner.Why = fmt.Sprintf("dockerd on %s: container %s: %s", socket, id, owner.State)
	return nil
}

func askNetns(ctx context.Context, owner *Owner, socket, key string) (err error) {
	owner.Container, owner.State, err = dockerNetns(ctx, socket, key)
	if err != nil {
		return err
	}
	if owner.State == NoSuch {
		owner.Why = fmt.Sprintf("dockerd on %s: no container has the network namespace %s", socket, key)
	} else {
		owner.Why = fmt.Sprintf("dockerd on %s: network namespace %s of container %s: %s",
			socket, key, owner.Container, owner.State)
	}
	return nil
}

func (l located) askLayer(ctx context.Context, owner *Owner, socket string) error {
	driver, _, _ := strings.Cut(l.kind(), "/")
	container, err := dockerLayer(l.root.Resolved, driver, l.last())
	if err != nil {
		return err
	}
	if container == "" {
		owner.State = NoSuch
		owner.Why = fmt.Sprintf("dockerd on %s runs and no container or image of its has the layer %s", socket, l.last())
		return nil
	}
	owner.Container = container
	if !isID(container) {
		return fmt.Errorf("%w: the layer is that of %q, a build step or the like", ErrNoAnswer, container)
	}
	if err := l.askContainer(ctx, owner, socket, container); err != nil {
		return err
	}
	if owner.State == NoSuch {
		// A step of the classic builder has a layer under a random id of a
		// container's form (moby builder/dockerfile, newRWLayer).
		return errors.New("dockerd still has the layer, but no container to it: a build step may have")
	}
	owner.Why = "layer of the container; " + owner.Why
	return nil
}
