package shim

import (
	"os"
	"path/filepath"

	"github.com/unbusy/unbusy/internal/victim"
)

// sandboxAnnotation names the sandbox of a container's pod (containerd
// internal/cri/annotations).
const sandboxAnnotation = "io.kubernetes.cri.sandbox-id"

// pod is what the deletion of a container has to know of its pod.
type pod struct {
	// sandbox is the id of its sandbox if that is not the container itself, and if
	// what belongs to the pod may have to be let go with the container.
	sandbox string
	// ended reports whether no other container of it is left.
	ended func() bool
}

// podLeftBehind is the pod of a container whose shim is gone. The containers of
// such a pod are deleted at the same time, by a process each: whichever is the
// last one ends the pod.
func podLeftBehind(c container, id string, sandbox bool) pod {
	if sandbox {
		return pod{ended: func() bool { return !podLives(c, id) }}
	}
	of := podOf(c.bundle)
	if of == "" || of == id {
		return pod{ended: func() bool { return true }}
	}
	s := container{
		bundle: filepath.Join(filepath.Dir(c.bundle), of),
		state:  filepath.Join(filepath.Dir(c.state), of),
	}
	return pod{sandbox: of, ended: func() bool { return !s.hasState() && !podLives(s, of) }}
}

// podLives reports whether the runtime still has another container of the pod
// whose sandbox is given. The pod's shim, which would know, is gone, and its
// containers are deleted in whichever order: their bundles are side by side.
func podLives(sandbox container, id string) bool {
	bundles := filepath.Dir(sandbox.bundle)
	others, err := os.ReadDir(bundles)
	if err != nil {
		return true
	}
	for _, other := range others {
		name := other.Name()
		if name == id || podOf(filepath.Join(bundles, name)) != id {
			continue
		}
		state := filepath.Join(filepath.Dir(sandbox.state), name)
		if (container{state: state}).hasState() {
			return true
		}
	}
	return false
}

// podOf is the sandbox of the pod that the container of a bundle belongs to, ""
// if to none.
func podOf(bundle string) string {
	annotations, err := victim.Annotations(bundle)
	if err != nil {
		return "" // what cannot be read is not created from either
	}
	return annotations[sandboxAnnotation]
}
