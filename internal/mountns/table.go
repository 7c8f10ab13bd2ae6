package mountns

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/linux"
)

// maxReads bounds how often a table is read until two readings agree.
const maxReads = 10

// OwnTable returns the mount table of the caller's own namespace, as far as the
// caller's root directory shows it.
func OwnTable() ([]*mountinfo.Info, error) {
	return readTable("/proc/self/mountinfo", os.ReadFile, linux.ReleaseAtLeast(5, 8))
}

// Mounts reads the namespace's mount table. Its entries are in no particular
// order. A mount that comes or goes meanwhile may be in it or not; every other
// one is, once, unless the package comment names it among what /proc does not
// show.
func (ns *Namespace) Mounts(query Query) ([]Mount, error) {
	if !ns.byNumber {
		return ns.mountsByText(query)
	}
	mounts, err := mountsByNumber(ns.Unique, query)
	if err != nil {
		return nil, fmt.Errorf("read the mount table of %s: %w", ns, err)
	}
	return mounts, nil
}

// Has reports whether the table has a mount that query finds and is says so of. It
// looks no further than that one.
func (ns *Namespace) Has(query Query, is func(Mount) bool) (bool, error) {
	if !ns.byNumber {
		mounts, err := ns.mountsByText(query)
		return slices.ContainsFunc(mounts, is), err
	}
	found, err := hasByNumber(ns.Unique, query, is)
	if err != nil {
		return false, fmt.Errorf("read the mount table of %s: %w", ns, err)
	}
	return found, nil
}

// readTable reads a mount table.
func readTable(path string, read func(string) ([]byte, error), consistent bool) ([]*mountinfo.Info, error) {
	text, err := readText(path, read, consistent)
	if err != nil {
		return nil, err
	}
	table, err := mountinfo.GetMountsFromReader(bytes.NewReader(text), nil)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	return table, nil
}

// readText reads the text of a mount table. Before Linux 5.8 a read that a mount
// or an unmount ran into could miss entries (commit 9f6c61f96f2d, "proc/mounts:
// add cursor"): there the table is read until it is the same twice.
func readText(path string, read func(string) ([]byte, error), consistent bool) ([]byte, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	for reads := 1; !consistent; reads++ {
		if reads == maxReads {
			return nil, fmt.Errorf("%s changed during each of %d reads", path, maxReads)
		}
		again, err := read(path)
		if err != nil {
			return nil, err
		}
		consistent = bytes.Equal(text, again)
		text = again
	}
	return text, nil
}

// parseGroup is the number of a peer group, 0 if it is not one.
func parseGroup(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
