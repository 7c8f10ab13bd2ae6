package mountns

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/linux"
)

// view is what a mount table shows to threads that have the same root directory:
// what can be reached from there. The zero value is the namespace's own root, for
// who enters.
type view struct {
	// threads are directories below /proc. Any of the threads will do, and may end
	// at any time.
	threads []string
	// table is what has been read and nobody has asked for yet.
	table *seenTable
}

// seenTable is a mount table as a thread sees it.
type seenTable struct {
	text []byte
	// root is the path of the thread's root directory in its namespace, empty if
	// there is none to that directory any more.
	root string
}

// read reads the table.
func (v *view) read(ns *Namespace) (*seenTable, error) {
	if table := v.table; table != nil {
		v.table = nil
		return table, nil
	}
	if len(v.threads) == 0 {
		text, err := ns.ownText()
		if err != nil {
			return nil, err
		}
		return &seenTable{text: text, root: "/"}, nil
	}
	var errs []error
	for _, thread := range v.threads {
		table, err := readThread("/proc/"+thread, ns.Inode)
		if err == nil {
			return table, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// readThread reads the table that a thread sees, and makes sure that it is that
// of the namespace: the thread may have gone elsewhere, or its number to another
// one.
func readThread(dir string, namespace uint64) (*seenTable, error) {
	root, err := os.Readlink(dir + "/root")
	if err != nil {
		return nil, err
	}
	text, err := readText(dir+"/mountinfo", linux.ReadAll, linux.ReleaseAtLeast(5, 8))
	if err != nil {
		return nil, err
	}
	inode, err := linkedNamespace(dir + "/ns/mnt")
	if err != nil {
		return nil, err
	}
	again, err := os.Readlink(dir + "/root")
	if err != nil {
		return nil, err
	}
	if inode != namespace || again != root {
		return nil, fmt.Errorf("%s has gone to another mount namespace or root", dir)
	}
	if !strings.HasPrefix(root, "/") || strings.HasSuffix(root, " (deleted)") {
		root = ""
	}
	return &seenTable{text: text, root: root}, nil
}

// path is where in the namespace a mountpoint of the table is, empty if there is
// no path to it.
func (t *seenTable) path(mountpoint string) string {
	if t.root == "" {
		return ""
	}
	return path.Join(t.root, mountpoint)
}

// ownText is the table as somebody sees it who enters the namespace.
func (ns *Namespace) ownText() ([]byte, error) {
	var text []byte
	err := ns.enter(func(proc *procDir) error {
		var err error
		text, err = readText(proc.thread()+"/mountinfo", proc.readFile, linux.ReleaseAtLeast(5, 8))
		return err
	})
	return text, err
}

// tables reads the table through each of the namespace's views.
func (ns *Namespace) tables() ([]*seenTable, error) {
	var (
		tables []*seenTable
		errs   []error
	)
	for i := range ns.views {
		if seen, err := ns.views[i].read(ns); err == nil {
			tables = append(tables, seen)
		} else {
			errs = append(errs, err)
		}
	}
	// Of a thread that has ended the others, or a second look, show what it saw;
	// if none is left, so can be the namespace, but that is not known.
	if len(tables) > 0 {
		return tables, nil
	}
	text, err := ns.ownText()
	if err != nil {
		return nil, fmt.Errorf("read the mount table of %s: %w", ns, errors.Join(append(errs, err)...))
	}
	return []*seenTable{{text: text, root: "/"}}, nil
}

// mountsByText reads the table through each of the namespace's views and puts
// together what they show.
func (ns *Namespace) mountsByText(query Query) ([]Mount, error) {
	tables, err := ns.tables()
	if err != nil {
		return nil, err
	}
	var (
		mounts []Mount
		place  = map[uint64]int{} // by id, where in mounts
	)
	for _, seen := range tables {
		text := seen.text
		if query.Device != nil {
			text = linesOf(text, query.Device)
		}
		table, err := mountinfo.GetMountsFromReader(bytes.NewReader(text), nil)
		if err != nil {
			return nil, fmt.Errorf("parse the mount table of %s: %w", ns, err)
		}
		for _, info := range table {
			mount := mountOfInfo(info)
			mount.Path = seen.path(mount.Path)
			at, known := place[mount.OldID]
			switch {
			case !known:
				place[mount.OldID] = len(mounts)
				mounts = append(mounts, mount)
			case mounts[at].Path == "":
				mounts[at].Path = mount.Path
			}
		}
	}
	return mounts, nil
}

// afresh is the namespace without what has been read of it already.
func (ns *Namespace) afresh() *Namespace {
	fresh := *ns
	fresh.views = make([]view, len(ns.views))
	for i, v := range ns.views {
		fresh.views[i].threads = v.threads
	}
	return &fresh
}

// mountOfInfo translates an entry of mountinfo.
func mountOfInfo(info *mountinfo.Info) Mount {
	mount := Mount{
		OldID: uint64(info.ID), OldParent: uint64(info.Parent),
		Device: Device{Major: uint32(info.Major), Minor: uint32(info.Minor)},
		Root:   info.Root, Path: info.Mountpoint,
		FSType: info.FSType, Source: info.Source,
	}
	for _, option := range strings.Split(info.Options, ",") {
		if option == "ro" {
			mount.ReadOnly = true
		}
	}
	for _, field := range strings.Fields(info.Optional) {
		name, number, _ := strings.Cut(field, ":")
		switch name {
		case "shared":
			mount.PeerGroup = parseGroup(number)
		case "master":
			mount.Master = parseGroup(number)
		}
	}
	return mount
}
