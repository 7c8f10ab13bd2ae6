package holder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
)

// asChild in the environment names what the test binary is to be, in place of
// testing; its argument is a directory.
const asChild = "UNBUSY_HOLDER_CHILD"

func TestMain(m *testing.M) {
	name := os.Getenv(asChild)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Until the test ends it, or is gone.
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// children are the processes that tests look at. They are in a mount namespace of
// their own and leave no mount in its table.
var children = map[string]func(dir string) error{
	"idle": func(string) error { return say(os.Getpid(), nil) },
	"thread in another": func(string) error {
		err := onThread(unix.CLONE_FS|unix.CLONE_NEWNS, func() error { return nil })
		return errors.Join(err, say(tid, nil))
	},
	"cwd": func(dir string) error {
		return hold(dir, mountTmpfs, false, func(string) error { return os.Chdir(dir) })
	},
	"detached cwd": func(dir string) error {
		return hold(dir, mountTmpfs, true, func(string) error { return os.Chdir(dir) })
	},
	"root": func(dir string) error {
		return hold(dir, mountTmpfs, false, func(string) error {
			outside, err := unix.Open("/", unix.O_PATH, 0)
			return errors.Join(err, unix.Chdir(dir), unix.Unmount(dir, unix.MNT_DETACH), unix.Chroot("."), unix.Fchdir(outside))
		})
	},
	"fd":      func(dir string) error { return hold(dir, mountTmpfs, true, openFile) },
	"deleted": func(dir string) error { return hold(dir, mountTmpfs, true, openDeleted) },
	"many": func(dir string) error {
		return hold(dir, mountTmpfs, true, func(file string) error {
			for range 2 * maxUses {
				if err := openFile(file); err != nil {
					return err
				}
			}
			return nil
		})
	},
	"map": func(dir string) error { return hold(dir, mountTmpfs, true, mapFile) },
	"exe": func(dir string) error { return hold(dir, mountTmpfs, true, execute) },
	"thread": func(dir string) error {
		return hold(dir, mountTmpfs, true, func(string) error {
			return onThread(unix.CLONE_FS, func() error { return unix.Chdir(dir) })
		})
	},
	"cwd of each": func(dir string) error {
		return hold(dir, mountTmpfs, true, func(string) error {
			process := os.Getpid()
			err := os.Chdir(dir)
			err = errors.Join(err, onThread(unix.CLONE_FS, func() error { return nil }))
			tid = process
			return err
		})
	},
	"thread's fd": func(dir string) error {
		return hold(dir, mountTmpfs, true, func(file string) error {
			return onThread(unix.CLONE_FILES, func() error { return openFile(file) })
		})
	},
	"headless cwd": func(dir string) error {
		return headless(dir, func(string) error { return os.Chdir(dir) })
	},
	"headless fd":  func(dir string) error { return headless(dir, openFile) },
	"headless map": func(dir string) error { return headless(dir, mapFile) },
	"headless exe": func(dir string) error { return hold(dir, mountTmpfs, true, executeHeadless) },
	"itself": func(string) error {
		return withoutFirst(func(end func()) error {
			end()
			return say(os.Getpid(), nil)
		})
	},
	"overlay fd":    func(dir string) error { return hold(dir, mountOverlay, true, openFile) },
	"overlay upper": func(dir string) error { return hold(dir, mountOverlay, true, openUpper) },
	"overlay map":   func(dir string) error { return hold(dir, mountOverlay, true, mapFile) },
	"fuse": func(dir string) error {
		return hold(dir, mountSilentFUSE, true, func(string) error {
			_, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY, 0)
			return err
		})
	},
}

// hold mounts something that has a file, uses it, lets it go if it is to be
// detached, and says what the mount was.
func hold(dir string, mountAt func(dir string) error, detach bool, use func(file string) error) error {
	if err := mountAt(dir); err != nil {
		return err
	}
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	var id, device string
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); fields[4] == dir {
			id, device = fields[0], fields[2]
		}
	}
	tid = os.Getpid()
	if err := use(filepath.Join(dir, "file")); err != nil {
		return err
	}
	if detach {
		if err := linux.Unmount(dir, unix.MNT_DETACH); err != nil {
			return os.NewSyscallError("umount", err)
		}
	}
	return say(tid, []string{id, device})
}

// tid is the process or thread that uses the mount.
var tid int

// say tells the test that all is there.
func say(tid int, what []string) error {
	_, err := fmt.Println(strconv.Itoa(tid), strings.Join(what, " ")) //nolint:forbidigo // it is the test's pipe
	return err
}

func mountTmpfs(dir string) error {
	if err := unix.Mount("held", dir, "tmpfs", 0, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	return os.WriteFile(filepath.Join(dir, "file"), make([]byte, 4096), 0o600)
}

// mountOverlay mounts an overlay whose files are on other file systems, without
// xino: for stat they are on other devices. "upper" is in the writable one.
func mountOverlay(dir string) error {
	layers := dir + ".layers"
	if err := unix.Mount("layers", layers, "tmpfs", 0, ""); err != nil {
		return err
	}
	for _, name := range []string{"a", "b", "u"} {
		at := filepath.Join(layers, name)
		if err := os.Mkdir(at, 0o700); err != nil {
			return err
		}
		if err := mountTmpfs(at); err != nil {
			return err
		}
	}
	upper := filepath.Join(layers, "u")
	for _, name := range []string{"upper", "work"} {
		if err := os.Mkdir(filepath.Join(upper, name), 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(upper, "upper/upper"), make([]byte, 4096), 0o600); err != nil {
		return err
	}
	return unix.Mount("overlay", dir, "overlay", 0, fmt.Sprintf("lowerdir=%s/a:%s/b,upperdir=%s/upper,workdir=%s/work,xino=off",
		layers, layers, upper, upper))
}

// mountSilentFUSE mounts a FUSE of which no question is ever answered, not even
// the first. Permission is one.
func mountSilentFUSE(dir string) error {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	return unix.Mount("silent", dir, "fuse.kind", 0,
		"fd="+strconv.Itoa(fd)+",rootmode=40000,user_id=0,group_id=0,default_permissions")
}

func openFile(file string) error {
	_, err := unix.Open(file, unix.O_RDONLY, 0)
	return err
}

func openUpper(file string) error { return openFile(filepath.Join(filepath.Dir(file), "upper")) }

func openDeleted(file string) error { return errors.Join(openFile(file), os.Remove(file)) }

func mapFile(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, length := range []int{4096, 100} { // twice, and one file
		if _, err = unix.Mmap(int(f.Fd()), 0, length, unix.PROT_READ, unix.MAP_PRIVATE); err != nil {
			return err
		}
	}
	return nil
}

// execute starts a program of the mount and removes it.
func execute(file string) error {
	program, err := os.ReadFile("/bin/cat")
	if err != nil {
		return err
	}
	file += ".program"
	if err := os.WriteFile(file, program, 0o700); err != nil {
		return err
	}
	cmd := exec.Command(file) //nolint:gosec // it is the one just written
	cmd.Stdin = os.Stdin
	if err := cmd.Start(); err != nil { // which waits until it is executed
		return err
	}
	tid = cmd.Process.Pid
	return os.Remove(file)
}

// onThread does something on a thread that does not share with the others, and
// stays.
func onThread(unshare int, do func() error) error {
	done := make(chan error)
	var own func()
	own = func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			go own()
			select {}
		}
		tid = unix.Gettid()
		err := unix.Unshare(unshare)
		if err == nil {
			err = do()
		}
		done <- err
		select {}
	}
	go own()
	return <-done
}
