package sweep

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// mute mounts a FUSE file system in the namespace of a process that takes all
// requests and answers none but the first, the kernel's greeting. Closing what it
// returns ends all waiting for it.
func mute(t *testing.T, where *exec.Cmd, path string) (hangUp func()) {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	in(t, where, func() error {
		return unix.Mount("mute", path, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd))
	})
	// Before it is mounted the device cannot be waited for.
	device := os.NewFile(uintptr(fd), "/dev/fuse")
	greeted, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		request := make([]byte, 1<<17)
		if _, err := device.Read(request); err != nil {
			greeted <- err
			return
		}
		// struct fuse_out_header and fuse_init_out of include/uapi/linux/fuse.h.
		answer := make([]byte, 16+64)
		binary.NativeEndian.PutUint32(answer, uint32(len(answer)))
		copy(answer[8:16], request[8:16])
		binary.NativeEndian.PutUint32(answer[16:], 7)
		binary.NativeEndian.PutUint32(answer[20:], 31)
		binary.NativeEndian.PutUint32(answer[36:], 1<<12)
		_, err := device.Write(answer)
		greeted <- err
		for err == nil {
			_, err = device.Read(request)
		}
	}()
	if err := <-greeted; err != nil {
		t.Fatal(err)
	}
	closed := false
	hangUp = func() {
		if !closed {
			closed = true
			device.Close()
			<-ended
		}
	}
	t.Cleanup(hangUp)
	return hangUp
}

// quickly is a sweep that has little time, and checks that it keeps to it.
func quickly(t *testing.T, r Request) (Report, error) {
	t.Helper()
	const budget = 2 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), budget)
	defer cancel()
	began := time.Now()
	report, err := Run(ctx, r)
	if took := time.Since(began); took > 2*budget {
		t.Errorf("took %v", took)
	}
	return report, err
}

func TestFUSE(t *testing.T) {
	for _, test := range []struct {
		name string
		// at is where it is mounted in the holder, below the engine's directory.
		at   string
		gone int
		want string
	}{
		{"over the way to one copy", "overlay2", 1, string(cleanup.RefuseMayHang)},
		{"over the way to all", ".", 0, string(cleanup.RefuseMayHang)},
		{"elsewhere", "elsewhere", 2, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, proc bool) {
				d := newDocker(t)
				owned := d.own(d.run(id, layer))
				agent := d.agent("private")
				d.mkdir("elsewhere")
				mute(t, agent, filepath.Join(d.root, test.at))
				w := watch(t, namespaceOf(t, agent.Process.Pid))
				report, err := quickly(t, Request{Owned: owned, Detach: true, Proc: proc})
				if err != nil || report.Aborted != "" {
					t.Fatal(err, report.Aborted)
				}
				w.wantLost(owned, test.gone)
				if said := strings.Join(results(outcomes(report)), "\n"); !strings.Contains(said, test.want) {
					t.Error(said)
				}
			})
		})
	}
}

// TestMuteAfterLook has the way to a copy lead through a file system that does
// not answer when that has been looked at: only detaching hangs.
func TestMuteAfterLook(t *testing.T) {
	d := newDocker(t)
	c := d.run(id, layer)
	owned := d.own(c)
	agent := d.agent("private")
	by, plan := d.plan(owned, false)
	hangUp := mute(t, agent, filepath.Join(d.root, "overlay2"))
	w := watch(t, namespaceOf(t, agent.Process.Pid))
	done := make(chan []cleanup.Outcome)
	go func() { done <- d.apply(by, plan) }()
	select {
	case outcomes := <-done:
		t.Fatalf("it did not wait: %v", results(outcomes))
	case <-time.After(300 * time.Millisecond):
	}
	// Others go on meanwhile.
	others := d.own(d.run(otherID, otherLayer))
	second := d.agent("private")
	in(t, second, func() error { return unix.Unmount(c.Rootfs, unix.MNT_DETACH) })
	if _, err := quickly(t, Request{Owned: others, Detach: true}); err != nil {
		t.Error(err)
	}
	d.holds(second, 1)
	hangUp()
	lines := results(<-done)
	for _, line := range lines {
		if strings.HasPrefix(line, c.Rootfs) && !strings.Contains(line, " left ") {
			t.Error(line)
		}
	}
	for _, s := range w.wantForeign(owned) {
		if s.mount.Path == c.Rootfs {
			t.Errorf("lost: %s", s)
		}
	}
}

// TestAbandoned stops the process that looks: it answers as little as one that
// waits for a file system.
func TestAbandoned(t *testing.T) {
	d := newDocker(t)
	owned := d.own(d.run(id, layer))
	agent := d.agent("private")
	over := make(chan struct{})
	stopped := make(chan int)
	go func() {
		for {
			if pid := sweeper(); pid != 0 && unix.Kill(pid, unix.SIGSTOP) == nil {
				stopped <- pid
				return
			}
			select {
			case <-over:
				stopped <- 0
				return
			default:
			}
		}
	}()
	_, err := quickly(t, Request{Owned: owned, Detach: true, Proc: true})
	close(over)
	if pid := <-stopped; pid == 0 {
		t.Fatal("it was not seen")
	}
	if !errors.Is(err, ErrAbandoned) {
		t.Errorf("%v, want %v", err, ErrAbandoned)
	}
	// The next one is none the worse for it.
	if _, err := quickly(t, Request{Owned: owned, Detach: true}); err != nil {
		t.Error(err)
	}
	d.holds(agent, 0)
}

// sweeper is the child of this process that looks, 0 if there is none.
func sweeper() int {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for pid := range strings.FieldsSeq(string(text)) {
			if line, _ := os.ReadFile("/proc/" + pid + "/cmdline"); strings.HasPrefix(string(line), childName+"\x00") {
				n, _ := strconv.Atoi(pid)
				return n
			}
		}
	}
	return 0
}
