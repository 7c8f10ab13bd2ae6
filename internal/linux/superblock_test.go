package linux

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWatchedSuperblock(t *testing.T) {
	for text, want := range map[string][2]uint32{
		"inotify wd:1 ino:2 sdev:2a mask:0 ignored_mask:0 fhandle-bytes:8\n":              {0, 42},
		"pos:\t0\nflags:\t02004000\nmnt_id:\t15\ninotify wd:1 ino:2 sdev:801234 mask:0\n": {8, 0x1234},
	} {
		major, minor, err := watchedSuperblock([]byte(text))
		if err != nil || major != want[0] || minor != want[1] {
			t.Errorf("%q: %d:%d, %v", text, major, minor, err)
		}
	}
	for _, text := range []string{"", "pos: 0\n", "inotify wd:1 ino:2 sdev:x mask:0", "inotify wd:1 sdev:123456789 "} {
		if _, _, err := watchedSuperblock([]byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// TestSuperblocks compares with stat on a file system where both are the same.
func TestSuperblocks(t *testing.T) {
	s, err := OpenSuperblocks()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	const link = "/proc/self/ns/mnt"
	for range 2 {
		opened, err := FollowLink(link)
		if err != nil {
			t.Fatal(err)
		}
		major, minor, err := s.Of(link)
		if err != nil || major != opened.Major || minor != opened.Minor {
			t.Errorf("%d:%d, %v, want %+v", major, minor, err, opened)
		}
	}
	if hidden, err := HidesSuperblock("/proc/self/exe.nothing"); hidden || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing hides its superblock: %v, %v", hidden, err)
	}
}

func TestFollowLink(t *testing.T) {
	for _, link := range []string{"/proc/self/cwd", "/proc/self/root", "/proc/self/exe"} {
		opened, err := FollowLink(link)
		if err != nil || opened.Mount == 0 {
			t.Fatalf("%+v, %v", opened, err)
		}
		if old, err := followByDescriptor(link); err != nil || old != opened {
			t.Errorf("%s: %+v without statx, %v, want %+v", link, old, err, opened)
		}
		if id, err := MountIDAt(link); err != nil || id != opened.Mount {
			t.Errorf("%s: on mount %d, %v, want %d", link, id, err, opened.Mount)
		}
	}
	for _, follow := range []func(string) (Opened, error){FollowLink, followByDescriptor} {
		if _, err := follow("/proc/self/nothing"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("nothing: %v", err)
		}
	}
}

func TestShared(t *testing.T) {
	type answer struct {
		directories, descriptors bool
		err                      error
	}
	ask := func(unshare int) answer {
		answers := make(chan answer)
		first := make(chan int)
		end := make(chan struct{})
		defer close(end)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			first <- unix.Gettid()
			<-end
		}()
		tid := <-first
		var own func()
		own = func() {
			runtime.LockOSThread() // and the thread ends with what it does not share
			if unix.Gettid() == os.Getpid() {
				defer runtime.UnlockOSThread() // for /proc/self is that of the first
				go own()
				<-end
				return
			}
			if err := unix.Unshare(unshare); err != nil {
				answers <- answer{err: err}
				return
			}
			var a answer
			var err error
			a.directories, a.err = ShareDirectories(unix.Gettid(), tid)
			a.descriptors, err = ShareDescriptors(unix.Gettid(), tid)
			a.err = errors.Join(a.err, err)
			answers <- a
		}
		go own()
		return <-answers
	}
	for unshare, want := range map[int]answer{
		0: {true, true, nil}, unix.CLONE_FS: {false, true, nil}, unix.CLONE_FILES: {true, false, nil},
	} {
		got := ask(unshare)
		if os.Geteuid() != 0 && (errors.Is(got.err, unix.ENOSYS) || errors.Is(got.err, unix.EPERM)) {
			t.Skip(got.err)
		}
		if got != want {
			t.Errorf("without sharing %#x: %+v, want %+v", unshare, got, want)
		}
	}
	if _, err := ShareDirectories(os.Getpid(), 1<<22+1); !errors.Is(err, unix.ESRCH) {
		t.Errorf("nobody: %v", err)
	}
}
