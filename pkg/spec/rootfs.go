package spec

import (
	"slices"

	"github.com/moby/sys/mountinfo"
)

// rootParent returns the mount that the container's root is a directory on, nil
// if the root is a mount of its own, as most engines make it: those of the vfs
// and btrfs drivers are none, nor are plain bundles.
//
// Before it binds anything, a runtime makes that mount private in the
// container's namespace, so that pivot_root works and binding the root does not
// propagate. What is cloned from it afterwards stays private, rslave or not.
// Measured: crun 1.8.1 does so under every rootfsPropagation; runc 1.5.2 under
// shared, rshared and if it is unset, while runc 1.1.5 leaves a slave alone
// (libcontainer/rootfs_linux.go, rootfsParentMountPropagation).
func (t mountTree) rootParent(rootfs string) *mountinfo.Info {
	if rootfs == "" {
		return nil
	}
	m := t.at(rootfs)
	if m == nil || m.Mountpoint == rootfs {
		return nil
	}
	return m
}

// endsRootParent reports whether the runtime makes the root's parent private in
// spite of whatever the rules set.
func endsRootParent(rootfsPropagation string, runtime Runtime) bool {
	switch rootfsPropagation {
	case "shared", "rshared":
		return true // these are kept
	default:
		return runtime != RuntimeRunc
	}
}

// clones reports whether a recursive bind of dir takes a clone of m.
func (t mountTree) clones(dir string, m *mountinfo.Info) bool {
	return m != nil && (t.at(dir) == m || slices.Contains(t.below(dir), m))
}

// endsSlave reports whether, under the given linux.rootfsPropagation, a bind
// with rslave does not become a slave of the host's mount. clonesParent says
// whether the bind takes a clone of the mount that the container's root is a
// directory on.
//
// With private and slave, which act on the root mount only, and with the
// unbindable ones it becomes something else than asked for in runc and crun
// alike; with rprivate it is private in both. shared and rshared stay: whoever
// set them wants the container's own mounts to be seen outside.
func endsSlave(rootfsPropagation string, runtime Runtime, clonesParent bool) bool {
	switch rootfsPropagation {
	case "private", "rprivate", "slave", "unbindable", "runbindable":
		return true
	case "":
		return runtime != RuntimeRunc || clonesParent
	default:
		return false
	}
}
