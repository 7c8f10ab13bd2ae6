package holder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/pkg/mount"
)

// of chooses one superblock.
func of(wanted mount.Device) func(mount.Device) bool {
	return func(d mount.Device) bool { return d == wanted }
}

// uses is Uses for a test, which it ends if that takes too long.
func uses(t testing.TB, devices func(mount.Device) bool) []Use {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	found, err := Uses(ctx, devices, nil)
	// Some processes may not be looked at even by root where the tests run in a
	// container; those of the tests may.
	if err != nil && (!errors.Is(err, ErrIncomplete) || ctx.Err() != nil) {
		t.Fatal(err)
	}
	return found
}

func TestUses(t *testing.T) {
	for _, test := range []struct {
		child, what, path string
	}{
		{child: "cwd", what: "cwd", path: "DIR"},
		{child: "detached cwd", what: "cwd", path: "/"},
		{child: "root", what: "root", path: "/"},
		{child: "fd", what: "fd N", path: "/file"},
		{child: "deleted", what: "fd N", path: "/file (deleted)"},
		{child: "map", what: "map", path: "/file"},
		{child: "exe", what: "exe", path: "/file.program (deleted)"},
		{child: "thread", what: "cwd of thread TID", path: "/"},
		{child: "cwd of each", what: "cwd", path: "/"},
		{child: "thread's fd", what: "fd N of thread TID", path: "/file"},
		{child: "headless cwd", what: "cwd of thread TID", path: "/"},
		{child: "headless fd", what: "fd N of thread TID", path: "/file"},
		{child: "headless map", what: "map", path: "/file"},
		{child: "headless exe", what: "exe", path: "/file.program (deleted)"},
		{child: "overlay fd", what: "fd N", path: "/file"},
		{child: "overlay upper", what: "fd N", path: "/upper"},
		{child: "overlay map", what: "map", path: "/file"},
		{child: "fuse", what: "fd N", path: "/"},
	} {
		t.Run(test.child, func(t *testing.T) {
			c := start(t, test.child)
			pid, want := c.pid(), test.what
			switch {
			case strings.Contains(want, "TID"):
				want = strings.ReplaceAll(want, "TID", strconv.Itoa(c.user))
			case want == "exe":
				pid = c.user
			}
			path := strings.Replace(test.path, "DIR", c.dir, 1)
			found := uses(t, of(c.device))
			if len(found) != 1 {
				t.Fatalf("found %+v", found)
			}
			u := found[0]
			if strings.HasPrefix(want, "fd N") {
				var number string
				if _, number, _ = strings.Cut(u.What, "fd "); number == "" {
					t.Fatalf("found %+v", u)
				}
				number, _, _ = strings.Cut(number, " ")
				want = strings.Replace(want, "N", number, 1)
				link, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(c.user), "fd", number))
				if err != nil || link != path {
					t.Errorf("descriptor %s is %q, %v", number, link, err)
				}
			}
			if wanted := (Use{PID: pid, What: want, MountID: c.mount, Device: c.device, Path: path}); u != wanted {
				t.Errorf("found %+v, want %+v", u, wanted)
			}
		})
	}
}

// TestLayersAreNotUsed has a file of an overlay open that stat says is on the file
// system of its upper directory.
func TestLayersAreNotUsed(t *testing.T) {
	c := start(t, "overlay upper")
	found := uses(t, func(d mount.Device) bool { return d != c.device })
	for _, u := range found {
		if u.PID == c.pid() && strings.HasSuffix(u.Path, "/upper") {
			t.Errorf("found %+v", u)
		}
	}
}

func TestUsesAreBounded(t *testing.T) {
	c := start(t, "many")
	if found := uses(t, of(c.device)); len(found) != maxUses {
		t.Errorf("found %d uses", len(found))
	}
}

// TestUsesOfEnded looks at a process that has ended and is not waited for, and at
// one that is gone.
func TestUsesOfEnded(t *testing.T) {
	c := start(t, "cwd")
	f := &finder{devices: of(c.device), devs: newDevices(), mapsTell: true}
	defer f.devs.close()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.awaitZombie(t)
	for _, state := range []string{"a zombie", "gone"} {
		if found, err := f.look(t.Context(), c.pid()); err != nil || len(found) != 0 {
			t.Errorf("%s: found %+v, %v", state, found, err)
		}
		c.end()
	}
}

// TestUsesOfEnding looks while processes end.
func TestUsesOfEnding(t *testing.T) {
	kept := start(t, "fd")
	ending := start(t, "many")
	ended := false
	found := uses(t, func(d mount.Device) bool {
		if d == ending.device && !ended {
			ended = true
			ending.end()
		}
		return d == kept.device || d == ending.device
	})
	if !ended || !slices.ContainsFunc(found, func(u Use) bool { return u.PID == kept.pid() }) {
		t.Errorf("found %+v", found)
	}
	if n := len(slices.DeleteFunc(found, func(u Use) bool { return u.PID != ending.pid() })); n == maxUses {
		t.Error("it did not end meanwhile")
	}
}

// TestUsesUnanswered pretends that the kernel does not answer for a process.
func TestUsesUnanswered(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason, failure := errors.New("enough"), errors.New("failure")
	answer := make(chan struct{})
	done := make(chan struct{})
	rest := make(chan int, 3)
	go func() {
		for range 2 {
			<-rest
		}
		cancel(reason)
	}()
	found, err := collect(ctx, []int{7, 8, 9}, func(_ context.Context, pid int) ([]Use, error) {
		if pid == 7 {
			<-answer
		}
		rest <- pid
		return []Use{{PID: pid}}, nil
	}, func() { close(done) })
	if !errors.Is(err, ErrIncomplete) || !errors.Is(err, reason) || !strings.Contains(err.Error(), "process 7") {
		t.Errorf("error %v", err)
	}
	for _, u := range found {
		if u.PID == 7 {
			t.Error("process 7 did not answer")
		}
	}
	select {
	case <-done:
		t.Error("closed while a look is under way")
	default:
	}
	close(answer)
	<-done

	found, err = collect(t.Context(), []int{7}, func(_ context.Context, pid int) ([]Use, error) {
		return []Use{{PID: pid}}, failure
	}, func() {})
	if !errors.Is(err, ErrIncomplete) || !errors.Is(err, failure) || len(found) != 1 {
		t.Errorf("found %v, error %v", found, err)
	}
}

func BenchmarkUses(b *testing.B) {
	requireRoot(b)
	c := start(b, "fd")
	for b.Loop() {
		if found := uses(b, of(c.device)); len(found) != 1 {
			b.Fatalf("found %+v", found)
		}
	}
}
