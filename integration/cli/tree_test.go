package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// The identifiers are nobody else's: mount tables of the whole machine are
// searched for them.
var id, layer = newID(), newID()

func newID() string {
	return fmt.Sprintf("%016x%016x%016x%016x", rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64())
}

// tree is a data root of dockerd's without a dockerd that would know of it: of
// the engine there is no more than a process with its name.
type tree struct {
	t    *testing.T
	h    *host.Host
	root string
}

func newTree(t *testing.T) *tree {
	t.Helper()
	tr := &tree{t: t, h: host.New(t)}
	scratch := tr.h.Dir("scratch")
	tr.mount("scratch", scratch, "tmpfs", "")
	tr.root = filepath.Join(scratch, "docker")
	tr.configure("auto")
	tr.h.Engine("dockerd")
	return tr
}

// configure tells unbusy of the data root, and how to find mount namespaces.
func (tr *tree) configure(namespaces string) {
	tr.t.Helper()
	tr.h.UnbusyConfig(fmt.Sprintf("namespaces = %q\n[[roots]]\nengine = \"docker\"\npath = %q\n", namespaces, tr.root))
}

func (tr *tree) mount(source, target, fstype, options string) {
	tr.t.Helper()
	if err := unix.Mount(source, target, fstype, 0, options); err != nil {
		tr.t.Fatalf("mount %s: %v", target, err)
	}
}

func (tr *tree) mkdir(names ...string) string {
	tr.t.Helper()
	dir := filepath.Join(append([]string{tr.root}, names...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tr.t.Fatal(err)
	}
	return dir
}

func (tr *tree) write(text string, names ...string) {
	tr.t.Helper()
	tr.mkdir(names[:len(names)-1]...)
	if err := os.WriteFile(filepath.Join(append([]string{tr.root}, names...)...), []byte(text), 0o644); err != nil {
		tr.t.Fatal(err)
	}
}

// container mounts what dockerd mounts for a container, and returns the places.
func (tr *tree) container(id, layer string) (merged, shm string) {
	tr.t.Helper()
	merged, shm = tr.mkdir("overlay2", layer, "merged"), tr.mkdir("containers", id, "mounts", "shm")
	tr.mount("overlay", merged, "overlay", "lowerdir="+tr.mkdir("overlay2", layer, "lower")+
		",upperdir="+tr.mkdir("overlay2", layer, "diff")+",workdir="+tr.mkdir("overlay2", layer, "work"))
	tr.mount("shm", shm, "tmpfs", "size=64k")
	return merged, shm
}

// know writes what dockerd keeps about the container.
func (tr *tree) know(id, layer, name string) {
	tr.t.Helper()
	tr.write(fmt.Sprintf(`{"Name":"/%s"}`, name), "containers", id, "config.v2.json")
	tr.write(layer, "image", "overlay2", "layerdb", "mounts", id, "mount-id")
}

// agent starts a process with a private copy of all mounts, which runs a shell
// command there first.
func (tr *tree) agent(command string) *host.Process {
	tr.t.Helper()
	return tr.h.Start("unshare", "--mount", "--propagation", "private",
		"sh", "-ec", command+"\necho it is there; read end")
}

func (tr *tree) unmount(dirs ...string) {
	tr.t.Helper()
	for _, dir := range dirs {
		if err := unix.Unmount(dir, 0); err != nil {
			tr.t.Fatalf("unmount %s: %v", dir, err)
		}
	}
}

// sees reports which of the places a process has something mounted at.
func (tr *tree) sees(p *host.Process, places ...string) []string {
	tr.t.Helper()
	mounts, err := observe.Mounts(p.Pid())
	if err != nil {
		tr.t.Fatal(err)
	}
	seen := []string{}
	for _, place := range places {
		if slices.ContainsFunc(mounts, func(m observe.Mount) bool { return m.Point == place }) {
			seen = append(seen, place)
		}
	}
	return seen
}

// requireSeen fails unless a process sees exactly these mounts.
func (tr *tree) requireSeen(p *host.Process, places []string, want ...string) {
	tr.t.Helper()
	if got := tr.sees(p, places...); !slices.Equal(got, want) && len(got)+len(want) > 0 {
		tr.t.Errorf("the agent sees %q, want %q", got, want)
	}
}

// eachWay runs a test with both ways to find mount namespaces.
func eachWay(t *testing.T, f func(t *testing.T, tr *tree)) {
	for _, way := range []string{"auto", "proc"} {
		t.Run(way, func(t *testing.T) {
			tr := newTree(t)
			tr.configure(way)
			f(t, tr)
		})
	}
}
