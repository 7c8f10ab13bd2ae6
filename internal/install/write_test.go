package install_test

import (
	"context"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/hosttest"
)

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
}

// apart runs f in a mount namespace of its own, in which it may mount: on a
// thread that ends with it.
func apart(t *testing.T, f func()) {
	t.Helper()
	requireRoot(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		for _, err := range []error{
			syscall.Unshare(syscall.CLONE_NEWNS),
			syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		} {
			if err != nil {
				t.Error(err)
				return
			}
		}
		f()
	}()
	<-done
}

const (
	selinux = "security.selinux"
	label   = "system_u:object_r:etc_t:s0"
	// An access control list with an entry for user 1234, as the kernel has it
	// (linux/posix_acl_xattr.h).
	acl = "system.posix_acl_access"
)

// What a file is beside its content stays, there and back.
func TestAttributesStay(t *testing.T) {
	requireRoot(t)
	tree := hosttest.New(t)
	tree.Write(configFile, "theirs\n")
	path := tree.Path(configFile)
	list := "\x02\x00\x00\x00" + "\x01\x00\x06\x00\xff\xff\xff\xff" + "\x02\x00\x04\x00\xd2\x04\x00\x00" +
		"\x04\x00\x00\x00\xff\xff\xff\xff" + "\x10\x00\x04\x00\xff\xff\xff\xff" + "\x20\x00\x00\x00\xff\xff\xff\xff"
	for _, err := range []error{
		os.Chown(path, 1234, 2345),
		syscall.Setxattr(path, selinux, []byte(label), 0),
		syscall.Setxattr(path, acl, []byte(list), 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	require := func() {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || st.Uid != 1234 || st.Gid != 2345 || info.Mode() != 0o640 {
			t.Errorf("owner %d, group %d, mode %v", st.Uid, st.Gid, info.Mode())
		}
		for name, want := range map[string]string{selinux: label, acl: list} {
			got := make([]byte, 1000)
			n, err := syscall.Getxattr(path, name, got)
			if err != nil || string(got[:n]) != want {
				t.Errorf("%s is %q, %v", name, got[:max(n, 0)], err)
			}
		}
	}
	require() // the list's mask is the group's mode
	request := tree.Request("docker")
	tree.Do(request, twoFiles)
	require()
	tree.Do(request, takeBack)
	require()
}

func TestModeStays(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o444, 0o640 | os.ModeSetgid} {
		tree := hosttest.New(t)
		tree.Write(configFile, "theirs\n")
		if err := os.Chmod(tree.Path(configFile), mode); err != nil {
			t.Fatal(err)
		}
		tree.Do(tree.Request("docker"), twoFiles)
		if info, err := os.Stat(tree.Path(configFile)); err != nil || info.Mode() != mode {
			t.Errorf("mode %v, %v; want %v", info.Mode(), err, mode)
		}
	}
}

func TestNewFilesMode(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	tree := hosttest.New(t)
	tree.Do(tree.Request("docker"), twoFiles)
	if info, err := os.Stat(tree.Path(dropInFile)); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// The file that a link leads to is what changes.
func TestSymlinkedFile(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write("/srv/config", "theirs\n")
	tree.Link("/etc/engine/config", "/srv/config")
	before := tree.All()
	request := tree.Request("docker")
	tree.Do(request, func(_ context.Context, request install.Request) (install.Plan, error) {
		where, now, err := request.Host.Read(configFile)
		return install.Plan{Engine: "docker", Files: []install.File{{Path: where, Before: now, After: []byte("ours\n"), Ours: true}}}, err
	})
	if got := tree.Read("/srv/config"); got != "ours\n" {
		t.Errorf("the file holds %q", got)
	}
	tree.Do(request, takeBack)
	tree.RequireSame(before)
}

// A directory of drop-in files is read as a whole: nothing else may be in it,
// not even if the writer is killed.
func TestNothingElseInDropIns(t *testing.T) {
	tree := hosttest.New(t)
	tree.Do(tree.Request("docker"), func(ctx context.Context, request install.Request) (install.Plan, error) {
		plan, err := twoFiles(ctx, request)
		return plan, err
	})
	// What a killed writer has left is taken away by the next one.
	left := "/etc/engine/.50-unbusy.conf.unbusy"
	tree.Write(left, "half")
	request := tree.Request("docker")
	tree.Do(request, takeBack)
	tree.Do(request, twoFiles)
	for path := range tree.All() {
		if path == left || strings.HasPrefix(path, "/etc/engine/conf.d/") && path != dropInFile && !strings.HasSuffix(path, "/") {
			t.Errorf("%s is there", path)
		}
	}
}

// File systems and directories that cannot be written to leave all as it was.
func TestReadOnly(t *testing.T) {
	for name, dir := range map[string]string{"the file's": "/etc/engine", "the state's": "/var/lib"} {
		t.Run(name, func(t *testing.T) {
			apart(t, func() {
				tree := hosttest.New(t)
				tree.Write(configFile, "theirs\n")
				before := tree.All()
				path := tree.Path(dir)
				for _, err := range []error{
					syscall.Mount(path, path, "", syscall.MS_BIND, ""),
					syscall.Mount("", path, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				_, err := install.Do(t.Context(), tree.Request("docker"), twoFiles)
				if err == nil || !strings.Contains(err.Error(), "read-only file system") {
					t.Errorf("error %v", err)
				}
				tree.RequireSame(before)
			})
		})
	}
}

// A file that is a mountpoint cannot be replaced.
func TestBindMountedFile(t *testing.T) {
	apart(t, func() {
		tree := hosttest.New(t)
		tree.Write(configFile, "theirs\n")
		before := tree.All()
		path := tree.Path(configFile)
		if err := syscall.Mount(path, path, "", syscall.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		_, err := install.Do(t.Context(), tree.Request("docker"), twoFiles)
		if err == nil || !strings.Contains(err.Error(), configFile+": device or resource busy") {
			t.Errorf("error %v", err)
		}
		tree.RequireSame(before)
	})
}
