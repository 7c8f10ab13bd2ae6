package mountns

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// findBound opens the mount namespaces that are bound to a file in a namespace
// and are not known yet.
func (s *searcher) findBound(ns *Namespace, seen *seenTable) {
	table, err := mountinfo.GetMountsFromReader(bytes.NewReader(seen.text), nil)
	if err != nil {
		s.report(err)
		return
	}
	for _, info := range table {
		inode, ok := namespaceName(info.Root)
		if info.FSType != "nsfs" || !ok || s.done[inode] {
			continue
		}
		var found *Namespace
		file := seen.path(info.Mountpoint)
		switch waits := waitsFor(table, info.Mountpoint); {
		case file == "":
			err = fmt.Errorf("%s is bound where no path leads to", info.Root)
		case waits != "":
			err = fmt.Errorf("%s is bound to %q, on a file system of type %s that may not answer", info.Root, file, waits)
		default:
			found, err = s.lister.openBound(ns, file, inode)
		}
		if err != nil {
			s.report(err)
			continue
		}
		s.done[inode] = true
		s.bound = append(s.bound, found)
	}
}

// openBound opens the namespace that is bound to a file in another one.
func (l *Lister) openBound(in *Namespace, file string, inode uint64) (*Namespace, error) {
	var found *Namespace
	err := in.enter(func(proc *procDir) error {
		fd, err := linux.OpenPath(unix.AT_FDCWD, file)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		found, err = l.openFile(proc.fd, proc.descriptor(fd))
		return err
	})
	if err != nil {
		return nil, err
	}
	if found.Inode != inode {
		found.Close()
		return nil, fmt.Errorf("%q is not mnt:[%d] any more, or is covered", file, inode)
	}
	return found, nil
}

// waitsFor is the type of a file system that has to be asked to walk a path and
// may not answer, empty if there is none. A mount that covers another one is as
// good as the one below: the walk may come through either.
func waitsFor(table []*mountinfo.Info, path string) string {
	for _, info := range table {
		if !MayHang(info.FSType) {
			continue
		}
		above := strings.TrimSuffix(info.Mountpoint, "/") + "/"
		if strings.HasPrefix(path+"/", above) {
			return info.FSType
		}
	}
	return ""
}
