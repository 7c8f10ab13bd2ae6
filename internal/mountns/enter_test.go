package mountns

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestEnter(t *testing.T) {
	requireRoot(t)
	ns := newNamespace(t, NewLister())
	outside, err := linkedNamespace("/proc/self/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	dir := dirs(t)
	var inside, other uint64
	err = ns.Enter(func() error {
		if err := mountTmpfs("inside", dir); err != nil {
			return err
		}
		var err error
		if inside, err = linkedNamespace("/proc/thread-self/ns/mnt"); err != nil {
			return err
		}
		// A goroutine that is started inside is outside.
		done := make(chan error)
		go func() {
			var err error
			other, err = linkedNamespace("/proc/thread-self/ns/mnt")
			done <- err
		}()
		if err := <-done; err != nil {
			return err
		}
		if wd, err := os.Getwd(); err != nil || wd != "/" {
			t.Errorf("working directory %q, %v", wd, err)
		}
		return os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if inside != ns.Inode || other != outside {
		t.Errorf("in %d, and beside it %d, want %d and %d", inside, other, ns.Inode, outside)
	}
	if _, err := os.Stat(filepath.Join(dir, "file")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was made inside is outside: %v", err)
	}
}

// TestNoThreadStays guards the main thread above all, which cannot end with a
// goroutine: it would stay in the namespace for good, and the process with it in
// everybody's eyes.
func TestNoThreadStays(t *testing.T) {
	requireRoot(t)
	ns := newNamespace(t, NewLister())
	// One goroutine at a time and many threads that are idle: each has its turn.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 500 {
		in(t, ns, func() error {
			if unix.Gettid() == os.Getpid() {
				t.Error("on the main thread")
			}
			return nil
		})
	}
	for {
		left := 0
		for thread, err := range Threads() {
			if err == nil && thread.PID == os.Getpid() && thread.Namespace == ns.Inode {
				if thread.TID == thread.PID {
					t.Fatal("the main thread stayed in the namespace")
				}
				left++
			}
		}
		if left == 0 {
			return // those that were just ending have
		}
		runtime.Gosched()
	}
}

func TestOnThreadCarriesOut(t *testing.T) {
	wrong := errors.New("wrong")
	if err := onThread(func() error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("%v, want %v", err, wrong)
	}
	if err := onThread(func() error { runtime.Goexit(); return nil }); !errors.Is(err, errExited) {
		t.Errorf("%v, want %v", err, errExited)
	}
	defer func() {
		p, ok := recover().(*Panic)
		if !ok || p.Value != any("wrong") || !strings.Contains(p.String(), "TestOnThreadCarriesOut") || !strings.Contains(p.String(), "wrong") {
			t.Errorf("panic %v, want \"wrong\" and where it was", p)
		}
	}()
	_ = onThread(func() error { panic("wrong") })
	t.Error("a panic was lost")
}

func TestEnterSomethingElse(t *testing.T) {
	requireRoot(t)
	f, err := os.Open("/proc/self/ns/uts")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ns := &Namespace{fd: int(f.Fd())}
	if err := ns.Enter(func() error { t.Error("inside"); return nil }); !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v, want EINVAL", err)
	}
}
