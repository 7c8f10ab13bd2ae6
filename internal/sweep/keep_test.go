package sweep

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// mountAnew has a thread, in a namespace of its own, mount one file system after the
// other on a directory. It has one open at any time.
func mountAnew(words []string) error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_FS)
		if err == nil {
			err = unix.Unshare(unix.CLONE_NEWNS)
		}
		if err == nil {
			err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		}
		for last := -1; ; {
			if err == nil {
				err = unix.Mount("anew", words[0], "tmpfs", 0, "size=4k")
			}
			if err != nil {
				failed <- err
				return
			}
			now, err := unix.Open(words[0], unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			if err == nil {
				err = unix.Unmount(words[0], unix.MNT_DETACH)
			}
			if err != nil {
				failed <- err
				return
			}
			if last < 0 {
				failed <- nil
			} else {
				unix.Close(last)
			}
			last = now
		}
	}()
	return <-failed
}

// TestNumberIsKept detaches the last copies of file systems whose numbers somebody
// waits for.
func TestNumberIsKept(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		player := player(t, nil, "anew", t.TempDir())
		for range 10 {
			c := d.run(id, layer)
			owned := d.own(c)
			agent := d.agent("private")
			for _, path := range []string{c.Rootfs, c.Shm} {
				if err := unix.Unmount(path, 0); err != nil {
					t.Fatal(err)
				}
			}
			report := d.sweep(Request{Owned: owned, Detach: true, ByPlace: true, Proc: proc, Name: NameAlways})
			d.holds(agent, 0)
			for _, h := range report.Holders {
				if h.Result == cleanup.Left {
					t.Errorf("left: %+v", h)
				}
			}
			for _, u := range report.Uses {
				t.Errorf("%+v, and process %d mounts anew", u, player.Process.Pid)
			}
			if t.Failed() {
				return
			}
		}
	})
}
