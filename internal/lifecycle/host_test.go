package lifecycle

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/spec"
)

// inHost in the environment says that the test binary is in a mount namespace of
// its own, which the tests take for the host's.
const inHost = "UNBUSY_LIFECYCLE_HOST"

func init() { runtime.LockOSThread() } // TestMain unshares and executes

func TestMain(m *testing.M) {
	if sweep.IsChild(os.Args) {
		os.Exit(sweep.Child())
	}
	if os.Geteuid() == 0 && os.Getenv(inHost) == "" {
		fmt.Fprintln(os.Stderr, becomeHost())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// becomeHost executes the test binary once more, in a mount namespace that
// propagates mounts as that of a host does.
func becomeHost() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	for _, how := range []uintptr{unix.MS_PRIVATE, unix.MS_SHARED} {
		if err := unix.Mount("", "/", "", unix.MS_REC|how, ""); err != nil {
			return os.NewSyscallError("mount", err)
		}
	}
	return syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), inHost+"=1"))
}

// node is a host with an engine, which is a process that has nothing of one but the
// name, and a kubelet's directory.
type node struct {
	t       *testing.T
	kubelet string
	log     bytes.Buffer
}

func newNode(t *testing.T) *node {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	engine := filepath.Join(top, "containerd")
	text, err := os.ReadFile("/bin/cat")
	if err == nil {
		err = os.WriteFile(engine, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, kubelet: filepath.Join(top, "kubelet")}
	n.start(engine)
	return n
}

// start starts a process that answers what it reads, and is there until the test
// is over.
func (n *node) start(name string, args ...string) *exec.Cmd {
	n.t.Helper()
	cmd := exec.Command(name, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait() // it ends with its input, and how does not matter
	})
	// It has executed its program once it answers.
	if _, err := stdin.Write([]byte("x")); err != nil {
		n.t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 1)); err != nil {
		n.t.Fatal(err)
	}
	return cmd
}

// agent starts a process in a mount namespace of its own, whose mounts have the given
// propagation, and returns its pid. Shell commands come first.
func (n *node) agent(propagation, commands string) int {
	n.t.Helper()
	return n.start("unshare", "--mount", "--propagation", propagation, "sh", "-ec", commands+"\nexec cat").Process.Pid
}

// sandbox makes the bundle of a pod's sandbox, and the directory of a volume of the
// pod.
func (n *node) sandbox(id string) (c Container, volume string) {
	n.t.Helper()
	bundle := n.t.TempDir()
	text := `{"root":{"path":"rootfs"},"linux":{"namespaces":[{"type":"mount"}]},"annotations":{` +
		`"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-uid":"` + id + `-uid"}}`
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(text), 0o600); err != nil {
		n.t.Fatal(err)
	}
	volume = filepath.Join(n.kubelet, "pods", id+"-uid", "volumes/kubernetes.io~csi/pvc/mount")
	if err := os.MkdirAll(volume, 0o755); err != nil {
		n.t.Fatal(err)
	}
	return n.container(id, bundle), volume
}

func (n *node) container(id, bundle string) Container {
	log := logrus.New()
	log.SetOutput(&n.log)
	log.SetLevel(logrus.DebugLevel)
	return Container{
		ID: id, Bundle: bundle, Settings: config.Default(), Log: logrus.NewEntry(log),
		Areas: []spec.Area{{Root: n.kubelet, Owner: "pods/*"}},
	}
}

// mount mounts a file system of its own.
func (n *node) mount(target string) {
	n.t.Helper()
	if err := unix.Mount("volume", target, "tmpfs", 0, "size=64k"); err != nil {
		n.t.Fatalf("mount %s: %v", target, err)
	}
	n.t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
}

// bind mounts what is at one path at another one.
func (n *node) bind(source, target string) {
	n.t.Helper()
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		n.t.Fatalf("bind %s: %v", target, err)
	}
	n.t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
}

func (n *node) unmount(target string) {
	n.t.Helper()
	if err := unix.Unmount(target, 0); err != nil {
		n.t.Fatalf("unmount %s: %v", target, err)
	}
}

// mounted counts what a process sees mounted on a directory.
func (n *node) mounted(pid int, target string) int {
	n.t.Helper()
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		n.t.Fatal(err)
	}
	return strings.Count(string(table), " "+target+" ")
}
