package containerd

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestMain is also what processes do that the tests call like engines: a dockerd
// starts a containerd, and all say that they are there and wait for the end of
// their input.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "containerd":
		_, _ = os.Stdout.WriteString("ready\n")
	case "dockerd":
		child := exec.Command(filepath.Join(filepath.Dir(os.Args[0]), "containerd"), "--config", "/run/docker/containerd/containerd.toml")
		child.Stdin, child.Stdout = os.Stdin, os.Stdout
		_ = child.Run() // the tests miss it
		return
	default:
		os.Exit(m.Run())
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// TestRunning has a containerd of the host's, one of Docker's and one of an
// ordinary user's.
func TestRunning(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root's processes count")
	}
	start := func(name string, change func(*exec.Cmd), args ...string) string {
		t.Helper()
		dir := t.TempDir()
		for path := dir; path != "/" && path != os.TempDir(); path = filepath.Dir(path) {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for _, program := range []string{"containerd", "dockerd"} {
			data, err := os.ReadFile("/proc/self/exe")
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, program), data, 0o755)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		command := exec.CommandContext(t.Context(), filepath.Join(dir, name), args...)
		change(command)
		input, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = input.Close()
			_ = command.Wait()
		})
		if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
			t.Fatalf("%s says %q, %v", name, line, err)
		}
		return filepath.Join(dir, "containerd")
	}
	hosts := start("containerd", func(c *exec.Cmd) { c.Env = []string{"A=B", "PATH=/x:/y"} }, "--config", "/c.toml")
	others := []string{
		start("dockerd", func(*exec.Cmd) {}),
		start("containerd", func(c *exec.Cmd) {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}),
	}
	found, err := running(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(found, process{hosts, "/c.toml", "/x:/y"}) {
		t.Errorf("among %v is not the host's, %s", found, hosts)
	}
	for _, p := range found {
		if slices.Contains(others, p.program) {
			t.Errorf("%v is none of the host's", p)
		}
	}
}
