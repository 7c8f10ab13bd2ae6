package roots

import (
	"os"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
)

// Host is what is searched.
type Host struct {
	// Prefix is where the host's root directory is mounted, empty for our own.
	// All paths but this one are the host's.
	Prefix string
	// UID is the effective user id of the caller. A file that an ordinary user
	// may not read is none of that user's business; for root it is a warning.
	// Root in the user namespace of rootless podman counts as the user.
	UID int
	// Getenv looks up the environment that the engines' own rules ask for
	// (HOME, XDG_CONFIG_HOME, CONTAINERS_STORAGE_CONF, ...). Nil is os.Getenv.
	Getenv func(string) string
	// Mounts is the mount table of the host, with the host's paths. It may be
	// empty.
	Mounts []*mountinfo.Info
	// Config is unbusy's configuration, of which Roots, Areas and File are
	// used.
	Config config.Config
}

// Find looks in all the places that cost next to nothing: what unbusy's own
// configuration adds, the engines' configuration files, dockerd's pid file,
// the default directories that exist, and the shape of live mounts. It reads
// no list of processes and waits for nobody.
//
// It always succeeds. What stood in its way is in the result's warnings.
func Find(host Host) Result {
	f := newFinder(host)
	f.find()
	return f.result()
}

// finder collects roots.
type finder struct {
	host     Host
	tree     tree
	roots    []learnt
	index    map[use]int
	warnings []error
}

func newFinder(host Host) *finder {
	if host.Getenv == nil {
		host.Getenv = os.Getenv
	}
	f := &finder{host: host, tree: newTree(host.Prefix), index: make(map[use]int, 32)}
	for _, m := range host.Mounts {
		// With / on a server nothing works without it.
		if m.Mountpoint != "/" && mountns.MayHang(m.FSType) {
			f.tree.remote = append(f.tree.remote, m.Mountpoint)
		}
	}
	return f
}

func (f *finder) find() {
	f.extra()
	f.docker()
	f.containerd()
	f.crio()
	f.podman()
	f.kubelet()
	f.rancher()
	f.k0s()
	f.microk8s()
	f.buildkit()
	f.namespaces()
	// Last, because it only has to add what nothing else explains.
	f.mountTable()
}
