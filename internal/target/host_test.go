package target

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

const (
	id    = "3f2a9d0c1b7e4f6a8d5c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6"
	layer = "9b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9fa"
)

var testAreas = []spec.Area{
	{Root: "/var/lib/docker", Owner: "overlay2/*"},
	{Root: "/var/lib/docker", Owner: "containers/*"},
	{Root: "/var/lib/docker", Owner: "rootfs/*/*"},
	{Root: "/run/docker", Owner: "netns/*"},
	{Root: "/run/netns", Owner: "*"},
	{Root: "/run/containerd", Owner: "io.containerd.runtime.v2.task/*/*"},
}

// mountsOf parses a mount table as in mountinfo. LAYER and ID stand for the
// identifiers.
func mountsOf(t *testing.T, text string) []mount.Mount {
	t.Helper()
	text = strings.NewReplacer("LAYER", layer, "ID", id).Replace(text)
	infos, err := mountinfo.GetMountsFromReader(strings.NewReader(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	mounts := make([]mount.Mount, 0, len(infos))
	for _, i := range infos {
		mounts = append(mounts, mount.Mount{
			UniqueID: uint64(i.ID) + 1000, OldID: uint64(i.ID), OldParent: uint64(i.Parent),
			Device: mount.Device{Major: uint32(i.Major), Minor: uint32(i.Minor)},
			Root:   i.Root, Path: i.Mountpoint, FSType: i.FSType, Source: i.Source,
		})
	}
	return mounts
}

const (
	engines = 1 // the inode number of the engine's namespace, which is ours
	foreign = 2
)

// newHost is a host with an engine's namespace and foreign ones.
func newHost(t *testing.T, tables ...string) *Host {
	t.Helper()
	h := &Host{
		Areas: testAreas, Own: mount.NamespaceID{Inode: engines}, listed: true,
		Ask:      func(context.Context, string) (ask.Owner, error) { return ask.Owner{}, errors.New("nobody answers") },
		UpperDir: func(_ mount.NamespaceID, m mount.Mount) (string, error) { return "/upper/of/" + m.Device.String(), nil },
	}
	for i, text := range tables {
		ns := Namespace{ID: mount.NamespaceID{Inode: uint64(i + 1)}, Mounts: mountsOf(t, text)}
		if i == 0 {
			ns.Protected, ns.Engine = "dockerd (pid 812)", true
		}
		h.Namespaces = append(h.Namespaces, ns)
	}
	return h
}

const (
	rootLine  = "20 1 254:0 / / rw - ext4 /dev/vda1 rw\n"
	agentRoot = "40 2 254:0 / / rw - ext4 /dev/vda1 rw\n"
	overlay   = "30 20 0:50 / /var/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n"
	leftThere = "50 40 0:50 / /var/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n"
)
