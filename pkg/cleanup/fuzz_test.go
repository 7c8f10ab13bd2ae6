package cleanup

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
)

// bytes are what the fuzzing engine gives, taken one by one. After the end they
// are zero.
type fuzzBytes struct{ rest []byte }

func (b *fuzzBytes) next(n int) int {
	if len(b.rest) == 0 {
		return 0
	}
	v := int(b.rest[0])
	b.rest = b.rest[1:]
	return v % n
}

func (b *fuzzBytes) flag() bool { return b.next(2) == 1 }

// fuzzScene makes a scene of up to four namespaces with a few mounts each. The
// numbers are so small that they meet.
func fuzzScene(b *fuzzBytes) (Scene, []Owned) {
	scene := Scene{Engine: mount.NamespaceID{Inode: 1}}
	id := uint64(10)
	aged := !b.flag()
	for n := range 1 + b.next(4) {
		ns := Namespace{ID: mount.NamespaceID{Inode: uint64(n + 1)}, UserNamespace: b.flag(), UpperDirs: make(map[uint64]string)}
		if b.flag() {
			ns.Protected = "dockerd"
		}
		for i := range 1 + b.next(7) {
			id++
			m := mount.Mount{
				OldID: id, Path: "/", Root: []string{"/", "/s", "/s/t"}[b.next(3)], FSType: "overlay",
				Device:    mount.Device{Minor: uint32(b.next(3))},
				PeerGroup: uint64(b.next(5)), Master: uint64(b.next(5)),
			}
			if aged {
				m.UniqueID = uint64(1 + b.next(12))
			}
			if i > 0 {
				parent := ns.Mounts[b.next(i)]
				m.OldParent = parent.OldID
				m.Path = strings.TrimSuffix(parent.Path, "/") + []string{"/a", "/b", "/o/x/m", ""}[b.next(4)]
				if m.Path == "" {
					m.Path = "/"
				}
			}
			switch b.next(8) {
			case 1:
				m.FSType = "fuse"
			case 2:
				m.Path = ""
			case 3:
				m.OldParent = 5
			}
			if layer := b.next(3); layer > 0 {
				ns.UpperDirs[id] = fmt.Sprint("/up", layer)
			}
			if b.next(6) == 1 {
				ns.Roots = append(ns.Roots, id)
			}
			ns.Mounts = append(ns.Mounts, m)
		}
		scene.Namespaces = append(scene.Namespaces, ns)
		scene.Relays = append(scene.Relays, RelaysOf(ns.Mounts)...)
	}
	// The engine's mounts are some of the first table; after that they may be gone.
	first := &scene.Namespaces[0]
	t := newTable(first.Mounts)
	var owned []Owned
	for range 1 + b.next(2) {
		i := b.next(len(first.Mounts))
		m := &first.Mounts[i]
		o := t.ownedMount(Rootfs, m, []string{"", "o/x/m", "m"}[b.next(3)])
		o.UpperDir = first.UpperDirs[m.OldID]
		owned = append(owned, o)
		if b.flag() {
			m.Device.Minor = uint32(b.next(3))
			m.UniqueID, m.OldID = m.UniqueID*uint64(1+b.next(3)), m.OldID+100*uint64(b.next(2))
		}
	}
	return scene, owned
}

// FuzzPlan checks plans against what must hold of every one, found out by the
// slowest means.
func FuzzPlan(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(500) {
		random, data := rand.New(rand.NewPCG(seed, 1)), make([]byte, 250)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := &fuzzBytes{data}
		options := Options{Leaf: b.flag(), Host: b.flag(), ByPlace: b.flag(), PrivateOnly: b.next(8) == 1}
		if b.flag() {
			options.MayHang = func(fstype string) bool { return fstype == "fuse" }
		}
		if b.next(8) == 1 {
			options.InUse = "it lives"
		}
		scene, owned := fuzzScene(b)
		plan := Plan(owned, scene, options)
		order := make(map[uint64]int) // OldIDs, which these scenes have only once
		for i, c := range plan {
			if _, twice := order[c.Mount.OldID]; twice {
				t.Errorf("mount %d is there twice", c.Mount.OldID)
			}
			order[c.Mount.OldID] = i
		}
		for i, c := range plan {
			if why := wrongCopy(c, scene, options, plan, order, i); why != "" {
				t.Errorf("%+v\n%s", c, why)
			}
		}
		for _, why := range missing(owned, scene, order) {
			t.Error(why)
		}
		if t.Failed() {
			t.Logf("owned %+v\nscene %+v\noptions %+v", owned, scene, options)
		}
	})
}

// wrongCopy says what is wrong with an entry of a plan.
func wrongCopy(c Copy, scene Scene, options Options, plan []Copy, order map[uint64]int, at int) string {
	var ns *Namespace
	for i := range scene.Namespaces {
		if scene.Namespaces[i].ID == c.Namespace {
			ns = &scene.Namespaces[i]
		}
	}
	o, m := c.Owned, c.Mount
	parent := mountOf(ns, m.OldParent)
	inEngines := c.Namespace == scene.Engine && ns.Protected != ""
	switch {
	case m.Device != o.Device || m.FSType != o.FSType:
		return "another superblock"
	case o.UniqueID != 0 && m.UniqueID != 0 && m.UniqueID < o.UniqueID:
		return "older than the original"
	case c.Kind == Original && (ns.Protected == "" || m.Path != o.Path && m.UniqueID != o.UniqueID):
		return "not the original"
	}
	if c.Refusal != Allowed {
		return ""
	}
	switch {
	case ns.Protected != "" && (!inEngines || !options.Host || c.Kind != Alias):
		return "an engine lives there"
	case m.Path == "/" || m.Path == "":
		return "the root, or nowhere"
	case !inEngines && parent == nil:
		return "nothing is known of what it is on"
	case !inEngines && arrives(scene, parent.PeerGroup):
		return "its unmount arrives in a protected namespace"
	case inEngines && parent != nil && arrives(scene, parent.PeerGroup) && on(*parent, m) == on(mount.Mount{Device: o.On.Device, Root: "/", Path: "/"}, mount.Mount{Path: o.On.Path}):
		return "its unmount arrives at the original"
	case c.Kind == Leaf && !options.Leaf, c.Kind == Alias && !options.Host, c.Kind != Private && options.PrivateOnly:
		return "not asked for"
	case c.Kind == Peer, c.Kind == InUse, c.Kind == Original:
		return "never allowed"
	case options.InUse != "":
		return "in use"
	}
	for _, root := range ns.Roots {
		for up := mountOf(ns, root); up != nil; up = mountOf(ns, up.OldParent) {
			if up.OldID == m.OldID {
				return "a thread has its root there"
			}
		}
	}
	seen, layer := false, ns.UpperDirs[m.OldID]
	for _, other := range scene.Namespaces {
		for _, mm := range other.Mounts {
			if options.MayHang != nil && other.ID == ns.ID && mm.Path != "" && options.MayHang(mm.FSType) &&
				mm.Path != m.Path && strings.HasPrefix(m.Path+"/", strings.TrimSuffix(mm.Path, "/")+"/") {
				return "the way may hang"
			}
			if other.ID == ns.ID && mm.OldParent == m.OldID {
				if i, planned := order[mm.OldID]; !planned || plan[i].Refusal != Allowed || i > at {
					return "something stays on it, or goes later"
				}
			}
			same := mm.Device == o.Device && mm.Root == o.Root
			seen = seen || same && (o.UniqueID != 0 && mm.UniqueID == o.UniqueID || o.UniqueID == 0 && mm.OldID == o.OldID && mm.Path == o.Path)
		}
	}
	if !seen && !options.ByPlace && (o.UniqueID == 0 || m.UniqueID == 0 || o.UpperDir == "" || layer != o.UpperDir) {
		return "nothing tells that it is ours"
	}
	return ""
}

func mountOf(ns *Namespace, id uint64) *mount.Mount {
	for i := range ns.Mounts {
		if ns.Mounts[i].OldID == id {
			return &ns.Mounts[i]
		}
	}
	return nil
}

// on is the directory that a mount is on, as text.
func on(parent, m mount.Mount) string {
	rest := strings.TrimPrefix(m.Path, strings.TrimSuffix(parent.Path, "/"))
	return parent.Device.String() + ":" + strings.TrimSuffix(strings.TrimSuffix(parent.Root, "/")+rest, "/")
}

// arrives follows an unmount from a group through all mounts of all namespaces.
func arrives(scene Scene, group uint64) bool {
	if group == 0 {
		return false
	}
	groups := map[uint64]bool{group: true}
	for range 10 { // more than there are groups
		for _, ns := range scene.Namespaces {
			for _, m := range ns.Mounts {
				if groups[m.Master] && m.PeerGroup != 0 {
					groups[m.PeerGroup] = true
				}
			}
		}
	}
	for _, ns := range scene.Namespaces {
		for _, m := range ns.Mounts {
			if ns.Protected != "" && (groups[m.PeerGroup] || groups[m.Master]) {
				return true
			}
		}
	}
	return false
}

// missing names mounts of an owned superblock that are newer than the engine's
// and not in the plan, without a reason: the engine has something else in its
// place that they may be copies of, or their layer is another one.
func missing(owned []Owned, scene Scene, planned map[uint64]int) (wrong []string) {
	for _, o := range owned {
		original, next := false, false
		for _, ns := range scene.Namespaces {
			for _, m := range ns.Mounts {
				original = original || m.Device == o.Device && m.UniqueID == o.UniqueID && m.OldID == o.OldID
				next = next || ns.ID == scene.Engine && m.Path == o.Path && m.Device == o.Device
			}
		}
		for _, ns := range scene.Namespaces {
			for _, m := range ns.Mounts {
				_, is := planned[m.OldID]
				layer := ns.UpperDirs[m.OldID]
				switch {
				case is, m.Device != o.Device, m.FSType != o.FSType, m.UniqueID < o.UniqueID:
				case !strings.HasPrefix(m.Root+"/", strings.TrimSuffix(o.Root, "/")+"/"):
				case !original && (next || o.UpperDir != "" && layer != "" && layer != o.UpperDir):
				default:
					wrong = append(wrong, fmt.Sprintf("missing: %+v of %+v", m, o))
				}
			}
		}
	}
	return wrong
}
