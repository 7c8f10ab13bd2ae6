package shim

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// overlay is a root file system by the directories that it writes to.
type overlay struct {
	s           *stage
	upper, work string
}

// overlay finds them in the mount table.
func (s *stage) overlay(k *host.Container) overlay {
	s.t.Helper()
	table, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		s.t.Fatal(err)
	}
	o := overlay{s: s}
	for line := range strings.Lines(string(table)) {
		if !strings.Contains(line, " "+k.Rootfs()+" ") {
			continue
		}
		fields := strings.Fields(line)
		for option := range strings.SplitSeq(fields[len(fields)-1], ",") {
			if dir, found := strings.CutPrefix(option, "upperdir="); found {
				o.upper = dir
			}
			if dir, found := strings.CutPrefix(option, "workdir="); found {
				o.work = dir
			}
		}
	}
	if o.upper == "" || o.work == "" {
		s.t.Fatalf("no overlay is mounted on %s", k.Rootfs())
	}
	return o
}

// lives asks the kernel whether anything, be it only an open file, keeps the file
// system: its directories are given to no second one with an index until it has
// ended (ovl_get_workdir and ovl_get_upper in fs/overlayfs/super.c).
func (o overlay) lives() bool {
	o.s.t.Helper()
	place := o.s.h.Dir("overlay")
	options := "lowerdir=" + o.s.h.Dir("lower") + ",upperdir=" + o.upper + ",workdir=" + o.work + ",index=on"
	err := unix.Mount("overlay", place, "overlay", 0, options)
	switch {
	case errors.Is(err, unix.EBUSY):
		return true
	case err != nil:
		o.s.t.Fatalf("mount an overlay on %s: %v", o.upper, err)
	}
	if err := unix.Unmount(place, 0); err != nil {
		o.s.t.Fatal(err)
	}
	return false
}
