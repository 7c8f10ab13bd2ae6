package random

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
)

// namespace is a mount namespace of the world.
type namespace struct {
	name   string
	id     uint64 // unique
	inode  uint64
	user   bool // in another user namespace
	locked bool // its mounts came from such a one, or went there
	engine bool // an engine lives in it: see world.look
}

// newNamespace identifies the one of a link.
func newNamespace(name, link string) (*namespace, error) {
	file, err := os.Open(link)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := linux.MountNamespaceInfo(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return nil, err
	}
	return &namespace{name: name, id: info.ID, inode: stat.Ino}, nil
}

// sight is a mount as the kernel shows it.
type sight struct {
	in                  *namespace
	id, parent          uint64 // unique
	old                 uint64 // that of mountinfo
	device              string
	root, path          string
	fstype              string
	peers, master       uint64
	attributes, spreads uint64
	isRoot              bool // of its namespace
	// of is what it is a copy of, nil for what is none of the container's.
	of *original
}

func (s *sight) String() string {
	return fmt.Sprintf("%s (%s of %s %s, %d on %d) in %s", s.path, s.root, s.fstype, s.device, s.id, s.parent, s.in.name)
}

// point is the directory or file that something is mounted on: the kernel's
// dentry, by its file system and the path in that.
type point struct{ device, path string }

// sights are all mounts of some namespaces by their unique ids.
type sights map[uint64]*sight

// look reads what is mounted in namespaces. One that is gone has nothing.
func look(namespaces []*namespace) (sights, error) {
	all := make(sights)
	for _, ns := range namespaces {
		if err := all.read(ns); err != nil && !errors.Is(err, unix.ENOENT) {
			return nil, fmt.Errorf("read the mounts in %s: %w", ns.name, err)
		}
	}
	return all, nil
}

func (all sights) read(ns *namespace) error {
	var reader linux.MountReader
	var ids [4096]uint64
	n, err := linux.ListMounts(ns.id, linux.RootMount, 0, ids[:1])
	if err != nil || n == 0 {
		return err
	}
	// What nobody sees is below everything, and is its own parent.
	top := ids[0]
	for {
		stat, err := reader.Stat(ns.id, top, linux.MountBasic)
		if err != nil {
			return err
		}
		if stat.Parent == top {
			break
		}
		top = stat.Parent
	}
	n, err = linux.ListMounts(ns.id, top, 0, ids[:])
	if err != nil {
		return err
	}
	if n == len(ids) {
		return errors.New("there are too many")
	}
	for _, id := range ids[:n] {
		stat, err := reader.Stat(ns.id, id, linux.MountBasic|linux.MountSuperblock|linux.MountRoot|linux.MountPoint|linux.MountFSType)
		if err != nil {
			return err
		}
		all[id] = &sight{
			in: ns, id: id, parent: stat.Parent, old: uint64(stat.OldID),
			device: fmt.Sprintf("%d:%d", stat.Major, stat.Minor),
			root:   reader.Root(), path: reader.Point(), fstype: reader.FSType(),
			peers: stat.PeerGroup, master: stat.Master,
			attributes: stat.Attributes, spreads: stat.Propagation,
			isRoot: stat.Parent == top,
		}
	}
	return nil
}

// on is what a mount is mounted on, if that can be told.
func (all sights) on(s *sight) (point, bool) {
	parent := all[s.parent]
	if parent == nil || s.path == "" || parent.path == "" || !strings.HasPrefix(parent.root, "/") {
		return point{}, false
	}
	rest := s.path
	if parent.path != "/" {
		var ok bool
		if rest, ok = strings.CutPrefix(s.path, parent.path); !ok || rest != "" && rest[0] != '/' {
			return point{}, false
		}
	}
	return point{parent.device, path.Join(parent.root, rest)}, true
}

// find finds a mount by the ids that were told of it: where /proc is read, the
// unique one of a mount that no path leads to is not known.
func (all sights) find(namespace, unique, old uint64) *sight {
	for _, s := range all {
		if s.in.inode == namespace && s.old == old && (unique == 0 || s.id == unique) {
			return s
		}
	}
	return nil
}

// mounted are the mounts on a mount.
func (all sights) mounted(on *sight) []*sight {
	var found []*sight
	for _, s := range all {
		if s.parent == on.id && s != on {
			found = append(found, s)
		}
	}
	return found
}

// difference says what became of a mount that should be what it was, empty if
// it is.
func (s *sight) difference(now *sight) string {
	switch {
	case now == nil:
		return "is gone"
	case now.in != s.in:
		return "is in " + now.in.name
	case now.parent != s.parent || now.path != s.path:
		return fmt.Sprintf("is at %q on %d", now.path, now.parent)
	case now.device != s.device || now.root != s.root:
		return "shows " + now.root + " of " + now.device
	case now.peers != s.peers || now.master != s.master || now.spreads != s.spreads:
		return fmt.Sprintf("has peers %d, master %d, type %#x in place of %d, %d, %#x",
			now.peers, now.master, now.spreads, s.peers, s.master, s.spreads)
	case now.attributes != s.attributes:
		return fmt.Sprintf("has attributes %#x in place of %#x", now.attributes, s.attributes)
	default:
		return ""
	}
}
