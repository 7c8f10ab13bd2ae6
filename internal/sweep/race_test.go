package sweep

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// arena is a holder in whose namespace a thread of ours does what it can against
// a sweep. In it the directory a has the engine's directory bound below it, with
// the copies, and b has other mounts at the same paths.
type arena struct {
	d         *docker
	agent     *exec.Cmd
	ns        *mountns.Namespace
	top, a, b string
	rest      string // of the path of the copy, below a and b
	from      string // the engine's mount
	layer     int    // the directory that the copy is in, by a descriptor
}

func newArena(d *docker, rootfs string) *arena {
	d.t.Helper()
	rel, err := filepath.Rel(d.root, rootfs)
	if err != nil {
		d.t.Fatal(err)
	}
	top := filepath.Join(filepath.Dir(d.root), "holder")
	mkdir(d.t, top)
	r := &arena{
		d: d, agent: d.agent("private"), top: top, a: filepath.Join(top, "a"), b: filepath.Join(top, "b"),
		rest: filepath.Join("h", rel), from: rootfs,
	}
	r.ns = namespaceOf(d.t, r.agent.Process.Pid)
	in(d.t, r.agent, func() error {
		var errs []error
		do := func(err error) { errs = append(errs, err) }
		do(unix.Mount("holder", top, "tmpfs", 0, "size=1m"))
		do(os.MkdirAll(filepath.Join(r.a, "h"), 0o755))
		do(unix.Mount(d.root, filepath.Join(r.a, "h"), "", unix.MS_BIND|unix.MS_REC, ""))
		do(os.MkdirAll(filepath.Join(r.b, "h"), 0o755))
		do(unix.Mount("bystander", filepath.Join(r.b, "h"), "tmpfs", 0, "size=1m"))
		do(os.MkdirAll(filepath.Join(r.b, r.rest), 0o755))
		do(unix.Mount("bystander", filepath.Join(r.b, r.rest), "tmpfs", 0, "size=1m"))
		layer, err := unix.Open(filepath.Dir(filepath.Join(r.a, r.rest)), unix.O_PATH|unix.O_CLOEXEC, 0)
		do(err)
		r.layer = layer
		return errors.Join(errs...)
	})
	d.t.Cleanup(func() { unix.Close(r.layer) })
	return r
}

// attach mounts one more copy in its place, wherever the path leads by now.
func (r *arena) attach() error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, r.from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	// What is mounted on it is not to be mounted on the engine's as well.
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Propagation: unix.MS_PRIVATE}); err != nil {
		return err
	}
	return r.ns.Enter(func() error {
		for {
			err := unix.MoveMount(fd, "", r.layer, filepath.Base(r.from), unix.MOVE_MOUNT_F_EMPTY_PATH)
			if !errors.Is(err, unix.ENOENT) {
				return err
			}
			// What covered the directory was unmounted meanwhile.
		}
	})
}

// attacks are what a process in the holder does again and again. There may be no
// copy, or a sweep may have detached what was to be unmounted.
var attacks = map[string]func(top, a, b, rest string) error{
	"exchange": func(_, a, b, _ string) error {
		for range 2 {
			if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
				return err
			}
		}
		return nil
	},
	"link": func(_, a, b, _ string) error {
		return errors.Join(os.Rename(a, a+"-away"), os.Symlink(b, a), os.Remove(a), os.Rename(a+"-away", a))
	},
	"cover": func(_, a, _, rest string) error {
		path := filepath.Join(a, rest)
		if err := unix.Mount("cover", path, "tmpfs", 0, "size=4k"); err != nil {
			return err
		}
		_ = unix.Unmount(path, unix.MNT_DETACH)
		return nil
	},
	"cover parents": func(_, a, _, _ string) error {
		return errors.Join(unix.Mount("cover", a, "tmpfs", 0, "size=4k"), unix.Unmount(a, unix.MNT_DETACH))
	},
	"move": func(top, a, _, rest string) error {
		path, elsewhere := filepath.Join(a, rest), filepath.Join(top, "elsewhere")
		if err := os.MkdirAll(elsewhere, 0o755); err != nil {
			return err
		}
		if unix.Mount(path, elsewhere, "", unix.MS_MOVE, "") == nil {
			_ = unix.Mount(elsewhere, path, "", unix.MS_MOVE, "")
		}
		return nil
	},
	"replace": func(_, a, b, rest string) error {
		path := filepath.Join(a, rest)
		_ = unix.Unmount(path, unix.MNT_DETACH)
		if err := unix.Mount(filepath.Join(b, rest), path, "", unix.MS_BIND, ""); err != nil {
			return err
		}
		_ = unix.Unmount(path, unix.MNT_DETACH)
		return nil
	},
}

// attack is the part that plays one.
func attack(words []string) error {
	for range burst {
		err := attacks[words[0]](words[1], words[2], words[3], words[4])
		// A sweep can have detached what a path led to while it was walked.
		if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINVAL) {
			return err
		}
	}
	return nil
}

func TestRace(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(attacks)) {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, proc bool) {
				d := newDocker(t)
				c := d.run(id, layer)
				owned := d.own(c)
				r := newArena(d, c.Rootfs)
				w := watch(t, r.ns)
				request := Request{Owned: owned, Detach: true, Proc: proc}
				attacker := player(t, r.agent, "attack", name, r.top, r.a, r.b, r.rest)
				for i := range 6 {
					if err := r.attach(); err != nil {
						t.Fatal(err)
					}
					again(t, attacker)
					if i%3 == 2 {
						d.sweep(request)
						continue
					}
					// What it could not do it says; what it may not do the mounts show.
					if report := d.attempt(request); report.Aborted != "" {
						t.Error(report.Aborted)
					}
				}
				stop(t, attacker)
				w.wantForeign(owned)
				report := d.sweep(request)
				for _, h := range report.Lingering() {
					// Of two covers the attacker can have taken a copy for one, and it can
					// have failed to move one back.
					moved := name == "move" && filepath.Base(h.Copy.Mount.Path) == "elsewhere"
					if h.Copy.Refusal != cleanup.RefuseCovered && !moved {
						t.Errorf("left when all is quiet: %v", results(outcomes(report)))
					}
				}
				d.holds(d.engine, 2)
				w.wantForeign(owned)
			})
		})
	}
}
