package mountns

import (
	"bytes"
	"fmt"
	"os"

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

// readTable reads a mount table. Before Linux 5.8 a read that a mount or an
// unmount ran into could miss entries (commit 9f6c61f96f2d, "proc/mounts: add
// cursor"): there the table is read until it is the same twice.
func readTable(path string, read func(string) ([]byte, error), consistent bool) ([]*mountinfo.Info, error) {
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
	table, err := mountinfo.GetMountsFromReader(bytes.NewReader(text), nil)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	return table, nil
}
