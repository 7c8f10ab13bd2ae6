package main

import (
	"context"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// Which of two things that are measured in turns.
const (
	stock = iota
	ours
)

// names are those of the shims, also as containerd's runtime handlers.
var names = [2]string{stock: "stock", ours: "unbusy"}

// measure makes all measurements, one after the other.
func measure(t host.T, o options) []row {
	h := host.New(t)
	if err := preferred(h); err != nil {
		t.Fatalf("put the measurement before everything else: %v", err)
	}
	// What a disk does with overlays' writes would be most of a deletion's time.
	if err := unix.Mount("tmpfs", h.Dir("containerd"), "tmpfs", 0, "mode=755"); err != nil {
		t.Fatalf("mount a file system for containerd: %v", err)
	}
	dir, err := toolbox.Get(context.Background(), tools[0])
	if err != nil {
		t.Fatalf("%v", err)
	}
	// Copies, because shims of others on the machine would share pages with them.
	shims := [2]string{
		stock: h.Installed(filepath.Join(dir, "containerd-shim-runc-v2"), "shims", names[stock]),
		ours:  h.Installed(o.ours, "shims", names[ours]),
	}
	if err := sameBuild(shims[stock], shims[ours]); err != nil {
		t.Fatalf("%v", err)
	}
	c := h.Containerd(host.PodNetwork(),
		host.Runtime(names[stock], "", host.Shim(shims[stock])),
		host.Runtime(names[ours], "", host.Shim(shims[ours])))
	e := connect(t, c, shims)

	all := amongMany(t, h, o, e.timeContainers)
	all = append(all, amongMany(t, h, o.fewestAndMost(), func(o options, namespaces int) []row {
		return timePods(t, c, o, namespaces)
	})...)
	all = append(all, e.weighContainers(o)...)
	all = append(all, weighPods(t, c, o)...)
	return all
}
