package linux

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestDirectory(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir, link, file := filepath.Join(top, "dir"), filepath.Join(top, "link"), filepath.Join(top, "file")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dir/../dir", link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                     dir,
		link:                    dir,
		dir + "/.//":            dir,
		"/proc/self/root" + dir: dir,
		"/":                     "/",
	} {
		if got, err := Directory(path); err != nil || got != want {
			t.Errorf("%s leads to %q, %v, want %q", path, got, err, want)
		}
	}
	if _, err := Directory(file); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a file: %v, want ENOTDIR", err)
	}
	if _, err := Directory(filepath.Join(top, "nothing")); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("nothing: %v, want ENOENT", err)
	}
}

func TestSendDatagram(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := SendDatagram(socket, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 10)
	n, err := listener.Read(got)
	if err != nil || string(got[:n]) != "hello" {
		t.Errorf("received %q, %v", got[:n], err)
	}

	// Nobody reads any more: the queue fills up, and the sender does not wait.
	for range 100_000 {
		if err = SendDatagram(socket, []byte("more")); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("a full queue: %v, want EAGAIN", err)
	}
}

func TestReleaseAtLeast(t *testing.T) {
	for _, test := range []struct {
		release      string
		major, minor int
		want         bool
	}{
		{"6.18.44-fc", 5, 8, true},
		{"5.8.0", 5, 8, true},
		{"5.10-rc1", 5, 8, true},
		{"5.4.0-150", 5, 8, false},
		{"3.10.0-1160.el7.x86_64", 5, 8, false},
		{"4.19", 4, 19, true},
		{"4.19+", 4, 19, true},
		{"nonsense", 1, 0, false},
		{"5.x", 5, 0, false},
	} {
		if got := releaseAtLeast(test.release, test.major, test.minor); got != test.want {
			t.Errorf("%s at least %d.%d: %v", test.release, test.major, test.minor, got)
		}
	}
	if !ReleaseAtLeast(2, 6) {
		t.Error("the running kernel is older than 2.6")
	}
}
