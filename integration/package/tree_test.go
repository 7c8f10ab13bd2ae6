package package_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// books are what dpkg and rpm write for themselves, whatever is installed.
var books = []string{
	"/var/lib/dpkg/status", "/var/lib/dpkg/status-old", "/var/lib/dpkg/lock", "/var/lib/dpkg/lock-frontend",
	"/var/lib/dpkg/triggers/Lock", "/var/lib/dpkg/triggers/Unincorp", "/var/log/dpkg.log", "/var/lib/rpm",
}

// tree lists all files, each with what one can tell it by: kind, mode, owner,
// and what is in it.
func (r root) tree() map[string]string {
	r.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, r.dir)
		if slices.Contains(books, name) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		stat := info.Sys().(*syscall.Stat_t)
		what := fmt.Sprintf("%v %d:%d", info.Mode(), stat.Uid, stat.Gid)
		switch {
		case info.Mode().IsRegular():
			what += fmt.Sprintf(" %d bytes of %v", info.Size(), info.ModTime().UTC())
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			what += " -> " + target
		}
		files[name] = what
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return files
}

// difference lists what is in one of two trees and not, or not so, in the other.
func difference(before, after map[string]string) []string {
	var different []string
	for name, what := range after {
		if before[name] != what {
			different = append(different, fmt.Sprintf("+ %s %s", name, what))
		}
	}
	for name, what := range before {
		if after[name] != what {
			different = append(different, fmt.Sprintf("- %s %s", name, what))
		}
	}
	slices.Sort(different)
	return different
}

// added lists what is in the second of two trees and was not in the first,
// without directories and without dpkg's notes.
func added(before, after map[string]string) []string {
	var names []string
	for name, what := range after {
		if _, old := before[name]; !old && !strings.HasPrefix(what, "d") && !strings.HasPrefix(name, "/var/lib/dpkg/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
