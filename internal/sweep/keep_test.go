package sweep

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
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

// TestKeeper detaches the only mount of a file system, which is there for as long as
// it is kept and no longer.
func TestKeeper(t *testing.T) {
	d := newDocker(t)
	for _, test := range []struct {
		name string
		end  func(k *keeper, cancel context.CancelFunc)
	}{
		{"closed", func(k *keeper, _ context.CancelFunc) { k.close() }},
		{"out of time", func(_ *keeper, cancel context.CancelFunc) { cancel() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			point := d.mkdir("kept")
			d.mount("kept", point, "tmpfs", "size=4k")
			watch, err := linux.WatchUnmount(point, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer watch.Close()
			root, err := os.Open(point)
			if err != nil {
				t.Fatal(err)
			}
			k := newKeeper(ctx)
			k.keep(mount.Device{Minor: 1}, int(root.Fd()))
			root.Close()
			if err := unix.Unmount(point, unix.MNT_DETACH); err != nil {
				t.Fatal(err)
			}
			if watch.Gone() {
				t.Error("it is gone, although it is kept")
			}
			test.end(k, cancel)
			for until := time.Now().Add(10 * time.Second); !watch.Gone(); runtime.Gosched() {
				if time.Now().After(until) {
					t.Fatal("it is kept")
				}
			}
			// What comes too late is not kept.
			if k.keep(mount.Device{Minor: 2}, int(os.Stdin.Fd())); len(k.kept) != 0 {
				t.Errorf("kept: %v", k.kept)
			}
		})
	}
}
