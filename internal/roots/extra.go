package roots

import (
	"fmt"
	"slices"
)

// extra learns what unbusy's own configuration adds. The engine of a root may
// be one that is not known to this version: that is a warning, because a
// container has to start all the same.
func (f *finder) extra() {
	file := source{byConfig, f.host.Config.File}
	for _, root := range f.host.Config.Roots {
		f.extraRoot(Engine(root.Engine), root.Path, file.key("roots"))
	}
	for _, area := range f.host.Config.Areas {
		l := layout{Unknown, ExtraArea, "extra " + area.Owner, []string{area.Owner}}
		f.learn(&l, area.Root, file.key("areas"))
	}
}

// extraRoot learns a root of which only the engine is known, so that it has
// the areas of every root of that engine.
func (f *finder) extraRoot(engine Engine, path string, src source) {
	switch engine {
	case Docker:
		both := layout{Docker, ExtraRoot, dockerData.group, slices.Concat(dockerData.owners, dockerExec.owners)}
		if root := f.learn(&both, path, src); root != "" {
			f.insideDockerData(root, src)
			f.insideDockerExec(root, src)
		}
	case Containerd:
		both := layout{Containerd, ExtraRoot, containerdRoot.group, slices.Concat(containerdRoot.owners, containerdState.owners)}
		f.learn(&both, path, src)
	case CRIO:
		f.learn(&layout{CRIO, ExtraRoot, storageGroup, storageOwners}, path, src)
	case Podman:
		f.learn(&layout{Podman, ExtraRoot, storageGroup, storageOwners}, path, src)
	case Kubelet:
		f.learn(&kubeletRoot, path, src)
	case BuildKit:
		f.learn(&buildkitRoot, path, src)
	case Namespaces:
		f.learn(&pins, path, src)
	case "k3s", "rke2":
		f.rancherData(path, src)
	case "k0s":
		f.k0sData(path, src)
	default:
		f.warn(fmt.Errorf("%s: unknown engine %q for %s", src.text, engine, path))
	}
}
