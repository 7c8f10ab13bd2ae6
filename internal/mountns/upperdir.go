package mountns

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/linux"
)

// UpperDir is the writable layer of an overlay file system, empty for one that
// has none and for other file systems. It is what whoever mounted it called the
// directory: a path from where they were, with the backslashes that overlayfs
// wants before commas and colons. The error satisfies errors.Is(err, ErrGone) if
// the mount, found as by Look, is not there any more.
//
// No file system is asked: an overlay knows its options by heart.
func (ns *Namespace) UpperDir(m Mount) (string, error) {
	if m.FSType != "overlay" {
		return "", nil
	}
	options, err := ns.options(m)
	if err == nil {
		var dir string
		if dir, err = upperDirOf(options); err == nil {
			return dir, nil
		}
	}
	return "", &MountError{Op: "read the options of", Target: m.Path, Err: err}
}

// options are those of a mount's file system, escaped as mountinfo has them.
func (ns *Namespace) options(m Mount) (string, error) {
	if !ns.byNumber {
		return ns.optionsByText(m)
	}
	if m.UniqueID == 0 {
		now, _, err := ns.lookInTable(m)
		if err != nil {
			return "", err
		}
		m.UniqueID = now.UniqueID
	}
	var reader linux.MountReader
	if _, err := reader.Stat(ns.Unique, m.UniqueID, linux.MountOptions); err != nil {
		return "", gone(err)
	}
	return reader.Options(), nil
}

func (ns *Namespace) optionsByText(m Mount) (string, error) {
	tables, err := ns.afresh().tables()
	if err != nil {
		return "", err
	}
	for _, seen := range tables {
		table, err := mountinfo.GetMountsFromReader(bytes.NewReader(seen.text), func(info *mountinfo.Info) (skip, stop bool) {
			mount := mountOfInfo(info)
			path := seen.path(mount.Path)
			is := sameMount(mount, m) && (path == m.Path || path == "")
			return !is, is
		})
		if err != nil {
			return "", fmt.Errorf("parse the mount table of %s: %w", ns, err)
		}
		if len(table) > 0 {
			return table[0].VFSOptions, nil
		}
	}
	return "", ErrGone
}

// errAmbiguous is the error for options that name two writable layers. Before
// Linux 4.3 a comma in a value looked like the one between two options.
var errAmbiguous = errors.New("they name more than one upperdir")

// upperDirOf finds the writable layer among options.
func upperDirOf(options string) (string, error) {
	dir, found := "", false
	for option := range strings.SplitSeq(options, ",") {
		value, ok := strings.CutPrefix(option, "upperdir=")
		if !ok {
			continue
		}
		if found {
			return "", errAmbiguous
		}
		dir, found = unescape(value), true
	}
	return dir, nil
}

// unescape takes back what the kernel does to characters that would end a value
// or a line: a backslash and three octal digits (seq_show_option in
// include/linux/seq_file.h).
func unescape(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if c, ok := octal(after); ok {
			b.WriteByte(c)
			text = after[3:]
		} else {
			b.WriteByte('\\')
			text = after
		}
	}
}

// octal is the byte that the first three digits of a text stand for.
func octal(text string) (byte, bool) {
	if len(text) < 3 || text[0] > '3' {
		return 0, false
	}
	c := byte(0)
	for i := range 3 {
		if text[i] < '0' || text[i] > '7' {
			return 0, false
		}
		c = c<<3 | (text[i] - '0')
	}
	return c, true
}
