package linux

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenPath(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(top, "dir/sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(top, "dir/file"), nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dir", filepath.Join(top, "link")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(top, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(int, string) (int, error){"as the kernel can": openPath, "by components": openByComponents}
	if fd, err := openInOneCall(unix.AT_FDCWD, "/"); err == nil {
		unix.Close(fd)
		ways["in one call"] = openInOneCall
	}
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(root)
	for way, open := range ways {
		for path, want := range map[string][]error{
			top:                              nil,
			top + "/dir//sub/":               nil,
			top + "/dir/file":                nil, // for which it has no permission
			top + "/fifo":                    nil, // and does not wait
			"/":                              nil,
			top + "/nothing":                 {unix.ENOENT},
			top + "/dir/file/x":              {unix.ENOTDIR},
			top + "/link/sub":                {unix.ELOOP, unix.ENOTDIR},
			"/proc/self/root" + top + "/dir": {unix.ELOOP, unix.ENOTDIR},
		} {
			fd, err := open(root, path)
			ok := want == nil && err == nil
			for _, w := range want {
				ok = ok || errors.Is(err, w)
			}
			if !ok {
				t.Errorf("%s: %s: %v, want %v", way, path, err, want)
			}
			if err != nil {
				continue
			}
			got, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
			if err != nil || got != filepath.Clean(path) {
				t.Errorf("%s: %s is %s, %v", way, path, got, err)
			}
			unix.Close(fd)
		}
	}
	if _, err := OpenPath(root, top+"/dir/../dir"); !errors.Is(err, unix.EINVAL) {
		t.Errorf("up again: %v, want EINVAL", err)
	}
	if fd, err := OpenPath(root, top+"/link"); err == nil {
		if err := unix.Access("/proc/self/fd/"+strconv.Itoa(fd)+"/sub", unix.F_OK); err == nil {
			t.Error("the link was followed")
		}
		unix.Close(fd)
	}
	if _, err := openByComponents(root, strings.Repeat("x/", maxComponents+1)); !errors.Is(err, unix.ENAMETOOLONG) {
		t.Errorf("a path without end: %v, want ENAMETOOLONG", err)
	}
}

func TestPlaceOf(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a, err := PlaceOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := PlaceOfFile(int(f.Fd())); err != nil || a != b {
		t.Errorf("%+v, %v is not %+v", b, err, a)
	}
	if b, err := PlaceOf("/proc/self/root" + dir); err != nil || a != b {
		t.Errorf("through /proc: %+v, %v is not %+v", b, err, a)
	}
	if b, err := PlaceOf(filepath.Dir(dir)); err != nil || a == b {
		t.Errorf("above: %+v, %v", b, err)
	}
	if is, known, err := IsMountRoot(int(f.Fd())); err != nil || is && known {
		t.Errorf("a fresh directory is the root of a mount: %v, %v", is, err)
	}
	if is, known, err := isMountRoot("/proc"); err != nil || !is && known {
		t.Errorf("/proc is not the root of a mount: %v", err)
	}
}

func isMountRoot(path string) (is, known bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, false, err
	}
	defer f.Close()
	return IsMountRoot(int(f.Fd()))
}
