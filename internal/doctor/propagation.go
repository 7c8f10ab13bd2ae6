package doctor

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// examinePropagation says whether what an engine unmounts is unmounted for
// those, too, who have a copy.
func examinePropagation(_ context.Context, h *Host) (Result, error) {
	seen, err := h.Seen()
	if err != nil {
		return Result{}, err
	}
	first, err := h.First()
	if err != nil {
		return Result{}, err
	}
	var result Result
	directories := mountDirectories(h.Roots())
	homes := engineNamespaces(seen)
	if ns := namespaceAt(seen, first); ns != nil {
		if root, ok := ns.At("/"); ok && root.PeerGroup == 0 {
			result.Findings = append(result.Findings, rootNotShared())
		}
		if len(homes) == 0 {
			homes = append(homes, ns)
		}
	}
	for _, ns := range homes {
		result.Findings = append(result.Findings, privateOver(ns, directories)...)
	}
	result.Summary = fmt.Sprintf("/ is shared, and so are the mounts with the %d directories in which engines mount: what they unmount goes everywhere", len(directories))
	return result, nil
}

func rootNotShared() Finding {
	return Finding{
		ID: "root-not-shared", Severity: AtRisk,
		Evidence: "/ is not shared in the mount namespace of PID 1: what an engine unmounts there stays mounted for everyone who has a copy",
		Fix:      "mount --make-rshared / (systemd does so at boot), then restart the services and containers that have copies",
	}
}

// privateOver finds the mounts in an engine's namespace that have a directory on
// them in which engines mount, and do not pass on what is unmounted there. A
// recursive bind of such a mount is private whatever it asks for. The root of the
// namespace is not among them: that is for who put the engine there.
func privateOver(ns *target.Namespace, directories []directory) []Finding {
	if root, ok := ns.At("/"); !ok || root.PeerGroup == 0 {
		return nil
	}
	found := make(map[string]Finding)
	for _, d := range directories {
		on, ok := ns.At(d.path)
		if !ok || on.PeerGroup != 0 {
			continue
		}
		f := Finding{
			ID: "private-mount-over-root", Severity: AtRisk,
			Evidence: fmt.Sprintf("%s in %s is a mount of its own that is not shared: what %s unmounts below it stays mounted for everyone who has a copy",
				on.Path, ns.ID, d.engine),
			Fix: fmt.Sprintf("mount --make-shared %s, and restart the services and containers that have copies", on.Path),
		}
		if d.engine == roots.Podman {
			f.Fix = `skip_mount_home = "true" in the section [storage.options.overlay] of /etc/containers/storage.conf, and at the next reboot it is gone`
		}
		if _, known := found[on.Path]; !known {
			found[on.Path] = f
		}
	}
	return inOrder(found)
}

// directory is one in which an engine mounts things for containers.
type directory struct {
	path   string
	engine roots.Engine
}

// mountDirectories are the directories of the mount areas that do not depend on
// whose mounts are below them.
func mountDirectories(known []roots.Root) []directory {
	var all []directory
	for _, root := range known {
		for _, area := range root.Areas {
			d := directory{fixedPart(area), root.Engine}
			if !slices.ContainsFunc(all, func(other directory) bool { return other.path == d.path }) {
				all = append(all, d)
			}
		}
	}
	return all
}

// fixedPart is the directory of an area that all owners have in common.
func fixedPart(area spec.Area) string {
	fixed := area.Root
	for name := range strings.SplitSeq(area.Owner, "/") {
		if name == "*" {
			break
		}
		fixed = path.Join(fixed, name)
	}
	return fixed
}

// engineNamespaces are those in which an engine of this host lives.
func engineNamespaces(seen *target.Host) []*target.Namespace {
	var found []*target.Namespace
	for i := range seen.Namespaces {
		if seen.Namespaces[i].Engine {
			found = append(found, &seen.Namespaces[i])
		}
	}
	return found
}

func namespaceAt(seen *target.Host, id mount.NamespaceID) *target.Namespace {
	for i := range seen.Namespaces {
		if seen.Namespaces[i].ID.Same(id) {
			return &seen.Namespaces[i]
		}
	}
	return nil
}
