package doctor

import (
	"fmt"

	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
)

// aliases finds other paths, in the namespace of an engine, to the directories in
// which engines mount, if what is mounted there is or will be mounted on these
// paths as well. A directory cannot be removed as long as anything is mounted on
// it by any path of the namespace, on any kernel.
func aliases(ns *target.Namespace, directories []directory) []Finding {
	found := make(map[string]Finding)
	for _, d := range directories {
		home, ok := ns.At(d.path)
		if !ok {
			continue
		}
		for _, other := range ns.PathsTo(d.path) {
			by, ok := ns.At(other)
			if !ok || by.OldID == home.OldID {
				continue
			}
			follows := by.PeerGroup != 0 && by.PeerGroup == home.PeerGroup || by.Master != 0 && by.Master == home.PeerGroup
			n := mountsBelow(ns, other)
			moved := isWithin(beforeSelfBind(ns, home), by)
			// A directory that is bound to the engine's place, by a line of fstab for
			// instance, is meant to be known by two paths.
			if follows && moved || !follows && n == 0 {
				continue
			}
			f := Finding{
				ID: "alias-of-runtime-root", Severity: AtRisk,
				Evidence: fmt.Sprintf("%s is %s of %s once more, by the mount at %s: whoever is in there keeps %s from unmounting",
					other, d.path, d.engine, by.Path, d.engine),
				Fix: "umount --recursive " + by.Path,
			}
			if moved || by.Path == "/" {
				f.Fix = "unmount what is mounted below " + other + " (findmnt --list lists it)"
			}
			if !follows {
				f.Severity = Broken
				f.Evidence = fmt.Sprintf("%s is %s of %s once more, by the mount at %s, with %s below it that %s does not unmount: it cannot remove what they are mounted on",
					other, d.path, d.engine, by.Path, count(n, "mount"), d.engine)
			}
			if known, ok := found[by.Path]; !ok || known.Severity == AtRisk && f.Severity == Broken {
				found[by.Path] = f
			}
		}
	}
	return inOrder(found)
}

// beforeSelfBind is the mount that a directory was on before it was mounted on
// itself, as dockerd does with its data root to have it shared.
func beforeSelfBind(ns *target.Namespace, m mount.Mount) mount.Mount {
	for {
		place, ok := ns.Place(m)
		parent, has := ns.Parent(m)
		if !ok || !has || place.Device != m.Device || place.Path != m.Root {
			return m
		}
		m = parent
	}
}

// isWithin reports whether a mount shows only a part of what another one does.
func isWithin(m, of mount.Mount) bool {
	return m.Root != of.Root && (of.Root == "/" || isBelow(m.Root, of.Root))
}

// mountsBelow counts what is mounted below a directory.
func mountsBelow(ns *target.Namespace, dir string) int {
	n := 0
	for i := range ns.Mounts {
		if isBelow(ns.Mounts[i].Path, dir) {
			n++
		}
	}
	return n
}

// isBelow reports whether a path lies below a directory, by components.
func isBelow(name, dir string) bool {
	return len(name) > len(dir)+1 && name[:len(dir)] == dir && name[len(dir)] == '/'
}
