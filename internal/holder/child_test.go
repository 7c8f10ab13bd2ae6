package holder

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/mount"
)

func requireRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
}

// child is one of children.
type child struct {
	cmd    *exec.Cmd
	dir    string
	user   int // the process or thread that has the mount open
	mount  uint64
	device mount.Device
}

// pid is the child's own process.
func (c *child) pid() int { return c.cmd.Process.Pid }

// start starts a child in a mount namespace of its own and waits until all is
// there.
func start(t testing.TB, name string) *child {
	t.Helper()
	requireRoot(t)
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &child{dir: filepath.Join(top, "dir")}
	for _, dir := range []string{c.dir, c.dir + ".layers"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd = exec.Command(program, c.dir)
	c.cmd.Env = append(os.Environ(), asChild+"="+name)
	c.cmd.Stderr = os.Stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	if _, err := c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.end)
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	// Some mount nothing, and say only who they are.
	n, err := fmt.Sscanf(line, "%d %d %d:%d", &c.user, &c.mount, &c.device.Major, &c.device.Minor)
	if n != 1 && n != 4 {
		t.Fatalf("%v: %q", err, line)
	}
	return c
}

// end kills the child and waits until it is gone.
func (c *child) end() {
	_ = c.cmd.Process.Kill() // the test may have done it
	_ = c.cmd.Wait()
}

// awaitZombie waits until the child has ended, and leaves it as that.
func (c *child) awaitZombie(t testing.TB) {
	t.Helper()
	if err := linux.AwaitExit(c.pid()); err != nil {
		t.Fatal(err)
	}
}
