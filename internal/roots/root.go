package roots

import (
	"slices"

	"github.com/unbusy/unbusy/pkg/spec"
)

// Engine names the software that a runtime root belongs to.
type Engine string

// The engines. A root in the configuration file may also name a Kubernetes
// distribution, "k3s", "rke2" or "k0s", for its data directory: the roots
// inside that are then those of containerd and of the kubelet.
const (
	Docker     Engine = "docker"
	Containerd Engine = "containerd"
	CRIO       Engine = "crio"
	Podman     Engine = "podman" // and whatever else uses containers/storage
	Kubelet    Engine = "kubelet"
	BuildKit   Engine = "buildkit"
	Namespaces Engine = "namespaces" // pinned ones, which several engines share
	Unknown    Engine = "unknown"    // of an area that the configuration adds
)

// Kind says what a runtime root is to its engine.
type Kind string

// The kinds of roots, in the words of the engines.
const (
	DataRoot         Kind = "data root"
	ExecRoot         Kind = "exec root"
	StateDirectory   Kind = "state directory"
	TempDirectory    Kind = "temporary directory"
	SnapshotterRoot  Kind = "snapshotter root"
	GraphRoot        Kind = "graph root"
	RunRoot          Kind = "run root"
	KubeletDirectory Kind = "kubelet directory"
	NamespacePins    Kind = "namespace directory"
	ExtraRoot        Kind = "extra root"
	ExtraArea        Kind = "extra area"
)

// Root is one runtime root.
type Root struct {
	Engine Engine `json:"engine"`
	Kind   Kind   `json:"kind"`
	// Path is the directory as it was learnt, absolute and clean.
	Path string `json:"path"`
	// Resolved is Path without symbolic links. It is a path of the host, also
	// where the host's files were looked at below a prefix.
	Resolved string `json:"resolved"`
	// Areas are the mount areas of the root. Their own roots are Resolved,
	// or, where a directory inside is a symbolic link, where that leads.
	Areas []spec.Area `json:"areas"`
	// Sources say where the root was learnt, for people to read, the most
	// specific first: "/etc/docker/daemon.json: data-root", "default".
	Sources []string `json:"sources"`
}

// Result is what was found.
type Result struct {
	// Roots are sorted by engine and then by resolved path. No two have both
	// the same resolved path and the same use.
	Roots []Root
	// Warnings are what could not be read or understood. Everything else is
	// there all the same.
	Warnings []error
}

// Areas returns the mount areas of all roots, each once.
func (r Result) Areas() []spec.Area {
	n := 0
	for _, root := range r.Roots {
		n += len(root.Areas)
	}
	seen := make(map[spec.Area]struct{}, n)
	areas := make([]spec.Area, 0, n)
	for _, root := range r.Roots {
		for _, area := range root.Areas {
			if _, ok := seen[area]; !ok {
				seen[area] = struct{}{}
				areas = append(areas, area)
			}
		}
	}
	return slices.Clip(areas)
}
