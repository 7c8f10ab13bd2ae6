package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/internal/mountns"
)

// clearing is a mount on a directory of which namespaces have copies, and that
// is not mounted any more where it came from.
type clearing struct {
	dir    string
	unique uint64
	device mountns.Device
	crowd  *crowd
	copies []held
}

// held is a copy and the namespace that has it.
type held struct {
	namespace *os.File
	mount     mountns.Mount
}

// source is what the mount calls itself.
const source = "unbusy-bench-victim"

// mostCopies is how many copies there are at most.
const mostCopies = 1000

// clearing measures how long it takes to get rid of all copies of a mount.
func (b *bench) clearing() *result.Part {
	part := &result.Part{}
	table := result.Table{
		Title:   "Clearing the copies of one mount, beyond the look that found them",
		Columns: []string{"copies", "the look", "rmdir of the bare mountpoint", "umount2 in each namespace", "a copy", "lsns and nsenter umount"},
	}
	h := host.New(b.t)
	ways := []string{"rmdir of the bare mountpoint", "umount2 in each namespace", "lsns and nsenter umount"}
	for _, copies := range []int{1, 10, 100, mostCopies} {
		if copies > max(10, b.namespaces[len(b.namespaces)-1]) {
			continue
		}
		b.t.Logf("    %d copies", copies)
		took := make([][]time.Duration, len(ways))
		var looks []time.Duration
		for round := range b.fewer(40) {
			for i, clearAll := range []func(*clearing) error{(*clearing).rmdir, (*clearing).detach, (*clearing).nsenter} {
				if i == 2 && round > 0 && copies >= 100 {
					continue // seconds
				}
				c := b.leak(h, copies)
				looked, err := c.look()
				if err != nil {
					b.t.Fatalf("look for copies: %v", err)
				}
				if len(c.copies) != copies {
					b.t.Fatalf("%d copies, want %d", len(c.copies), copies)
				}
				began := time.Now()
				if err := clearAll(c); err != nil {
					b.t.Fatalf("%s: %v", ways[i], err)
				}
				took[i] = append(took[i], time.Since(began))
				looks = append(looks, looked)
				if _, err := c.look(); err != nil || len(c.copies) != 0 {
					b.t.Fatalf("%s left %d of %d copies: %v", ways[i], len(c.copies), copies, err)
				}
				c.end()
			}
		}
		each := median(took[1]) / time.Duration(copies)
		table.Rows = append(table.Rows, []string{
			strconv.Itoa(copies), shown(median(looks)), shown(median(took[0])), shown(median(took[1])), shown(each), shown(median(took[2])),
		})
		for i, way := range ways {
			addPoint(part, "Clearing copies", way, "leaked copies", float64(copies), median(took[i]))
		}
		addPoint(part, "Clearing copies", "the look", "leaked copies", float64(copies), median(looks))
		if copies == mostCopies {
			part.Bounds = append(part.Bounds, result.Bound{
				What: "1000 copies by rmdir of the bare mountpoint", Limit: "≤ 5 ms beyond the look",
				Measured: shown(median(took[0])), Held: median(took[0]) <= 5*time.Millisecond,
			}, result.Bound{
				What: "1000 copies by umount2 in each namespace", Limit: "≤ 150 µs a copy",
				Measured: shown(each), Held: each <= 150*time.Microsecond,
			})
		}
	}
	part.Tables = append(part.Tables, table)
	return part
}

// leak mounts something, lets namespaces have copies of it, and unmounts it.
func (b *bench) leak(h *host.Host, copies int) *clearing {
	b.t.Helper()
	c := &clearing{dir: h.Dir("clearing", "rootfs")}
	if err := unix.Mount(source, c.dir, "tmpfs", 0, ""); err != nil {
		b.t.Fatalf("mount the victim: %v", err)
	}
	var x unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, c.dir, 0, unix.STATX_MNT_ID_UNIQUE, &x); err != nil {
		b.t.Fatalf("%v", err)
	}
	c.unique, c.device = x.Mnt_id, mountns.Device{Major: x.Dev_major, Minor: x.Dev_minor}
	c.crowd = b.load(of{namespaces: copies, mounts: 30, copies: copies, victim: c.dir})
	if err := unix.Unmount(c.dir, unix.MNT_DETACH); err != nil {
		b.t.Fatalf("unmount the victim: %v", err)
	}
	return c
}

// look finds the copies, as the sweep does.
func (c *clearing) look() (time.Duration, error) {
	c.close()
	began := time.Now()
	query := mountns.Query{NewerThan: c.unique, Device: func(d mountns.Device) bool { return d == c.device }}
	for ns, err := range mountns.NewLister().All() {
		if err != nil {
			return 0, err
		}
		found, err := ns.Mounts(query)
		if err != nil {
			return 0, err
		}
		for _, m := range found {
			// The number of a file system that is gone may be another's by now.
			if m.Source != source || m.Path != c.dir {
				continue
			}
			f, err := ns.File()
			if err != nil {
				return 0, err
			}
			c.copies = append(c.copies, held{f, m})
		}
	}
	return time.Since(began), nil
}

func (c *clearing) close() {
	for _, copied := range c.copies {
		copied.namespace.Close()
	}
	c.copies = nil
}

func (c *clearing) end() {
	c.close()
	c.crowd.end()
	_ = os.Remove(c.dir) // one of the ways has done that
}

func (c *clearing) rmdir() error { return os.Remove(c.dir) }

// detach detaches each copy by its identity, as the sweep does.
func (c *clearing) detach() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	lister := mountns.NewLister()
	for _, copied := range c.copies {
		ns, err := lister.FromFile(copied.namespace)
		if err != nil {
			return err
		}
		err = ns.Detach(mountns.Target{Path: copied.mount.Path, UniqueID: copied.mount.UniqueID})
		ns.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *clearing) nsenter() error {
	return exec.Command("/bin/bash", "-c", detachAll, "bench", filepath.Base(c.dir), c.dir).Run()
}
