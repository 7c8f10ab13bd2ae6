package holder

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/unbusy/unbusy/pkg/mount"
)

// finder looks for Uses.
type finder struct {
	devices func(mount.Device) bool
	devs    *devices
	// mapsTell says that /proc/PID/maps shows superblocks.
	mapsTell bool
}

// looker looks at one process.
type looker struct {
	*finder
	ctx    context.Context // of this look only
	pid    int
	dir    string // below /proc, with a slash at its end
	uses   []Use
	missed error // the first that could not be looked at
}

// look finds what a process has open.
func (f *finder) look(ctx context.Context, pid int) ([]Use, error) {
	l := &looker{finder: f, ctx: ctx, pid: pid, dir: procDir(pid)}
	l.link("cwd", l.dir+"cwd")
	l.link("root", l.dir+"root")
	// What has no program has no memory either: a thread of the kernel, or a
	// process that has ended and waits for its parent. Of one whose first thread has
	// ended alone, another thread has all that.
	program := l.link("exe", l.dir+"exe")
	l.descriptors(l.dir+"fd", "")
	if program {
		l.maps(l.dir)
	}
	l.threads(program)
	if ctx.Err() != nil {
		l.miss(context.Cause(ctx))
	}
	return l.uses, l.missed
}

// link looks at one link and reports whether it is there.
func (l *looker) link(what, link string) bool {
	if l.full() {
		return true
	}
	opened, device, err := l.devs.of(link)
	if err != nil {
		l.miss(err)
		return !isGone(err)
	}
	if !l.devices(device) {
		return true
	}
	path, err := os.Readlink(link)
	if isGone(err) {
		return false
	}
	// Some are longer than the kernel has room for; they are in use all the same.
	l.uses = append(l.uses, Use{
		PID: l.pid, What: what, MountID: opened.Mount, Device: device, Path: path,
	})
	return true
}

// descriptors looks at a table of descriptors; whose follows their number.
func (l *looker) descriptors(dir, whose string) {
	const atOnce = 512
	f, err := os.Open(dir)
	if err != nil {
		l.miss(err)
		return
	}
	defer f.Close()
	for !l.full() && l.ctx.Err() == nil {
		names, err := f.Readdirnames(atOnce)
		for _, name := range names {
			l.link("fd "+name+whose, dir+"/"+name)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				l.miss(err)
			}
			return
		}
	}
}

// full says that enough was found.
func (l *looker) full() bool { return len(l.uses) >= maxUses }

// miss notes that something could not be looked at, unless it is gone.
func (l *looker) miss(err error) {
	if l.missed == nil && !isGone(err) {
		l.missed = err
	}
}

// has reports whether the same is known of the process itself.
func (l *looker) has(what string, u Use) bool {
	return slices.ContainsFunc(l.uses, func(known Use) bool {
		return known.What == what && (known.MountID == u.MountID || u.MountID == 0) && known.Device == u.Device && known.Path == u.Path
	})
}

// ofThread is what follows the name of a thing that a thread has for itself.
func ofThread(tid int) string { return " of thread " + strconv.Itoa(tid) }
