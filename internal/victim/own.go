package victim

import (
	"fmt"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// Own returns what a container owns of the mounts of our own namespace, with
// everything that their copies can be told by. areas are the host's mount areas,
// given those mounts.
func Own(lister *mountns.Lister, c cleanup.Container, areas func([]mount.Mount) []spec.Area) ([]cleanup.Owned, error) {
	ns, err := lister.Own()
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	mounts, err := ns.Mounts(mountns.Query{})
	if err != nil {
		return nil, err
	}
	owned := cleanup.Own(c, areas(mounts), mounts)
	if err := Complete(ns, mounts, owned); err != nil {
		return nil, err
	}
	for i := range owned {
		owned[i].FileSystemID = fileSystemID(owned[i])
	}
	return owned, nil
}

// Complete adds what is not in a mount table: the unique ids, on kernels that do
// not list them, and the writable layers of overlay file systems. ns is our own
// namespace, mounts its table, in which owned was found.
func Complete(ns *mountns.Namespace, mounts []mountns.Mount, owned []cleanup.Owned) error {
	for i := range owned {
		o := &owned[i]
		for _, m := range mounts {
			if !o.IsOriginal(m) {
				continue
			}
			if o.UniqueID == 0 {
				// Before Linux 6.8 there is none. The shim's runtimes end with the threads
				// that started them: no thread may end here.
				if id, err := mountns.UniqueIDHere(m); err == nil {
					o.UniqueID = id
				}
			}
			if o.FSType == "overlay" {
				upper, err := ns.UpperDir(m)
				if err != nil {
					return fmt.Errorf("read the options of %s: %w", o.Path, err)
				}
				o.UpperDir = upper
			}
			break
		}
	}
	return nil
}
