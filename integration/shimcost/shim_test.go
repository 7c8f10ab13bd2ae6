package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestShimOf takes this program for the shim of a process that it starts.
func TestShimOf(t *testing.T) {
	child := exec.Command("sleep", "1000000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pid := uint32(child.Process.Pid)
	shim, err := shimOf(pid, self)
	if err != nil {
		t.Fatal(err)
	}
	defer shim.close()
	if shim.pid != os.Getpid() {
		t.Errorf("the shim is %d", shim.pid)
	}
	if other, err := shimOf(pid, "/bin/sh"); err == nil {
		other.close()
		t.Error("the shim may be any program")
	}
}

// TestMemoryOf maps a file, which nobody else does.
func TestMemoryOf(t *testing.T) {
	const more = 8 << 10 // KiB
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, more<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	before, err := memoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := unix.Mmap(int(file.Fd()), 0, more<<10, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		t.Fatal(err)
	}
	after, err := memoryOf(os.Getpid())
	if err := errors.Join(err, unix.Munmap(mapped)); err != nil {
		t.Fatal(err)
	}
	if before.proportional == 0 || before.resident < before.proportional {
		t.Errorf("%+v", before)
	}
	if grown := after.resident - before.resident; grown < more || grown > 2*more {
		t.Errorf("resident memory grew by %d KiB", grown)
	}
	if grown := after.proportional - before.proportional; grown < more*9/10 || grown > 2*more {
		t.Errorf("proportional memory grew by %d KiB", grown)
	}
}

// TestSameBuild compares this program, which is no shim, with itself and with a
// program that was built for another purpose.
func TestSameBuild(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := sameBuild(self, self); err != nil {
		t.Error(err)
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	if err := sameBuild(self, goTool); err == nil {
		t.Error("the go command passes for a build of the same containerd")
	}
	if err := sameBuild("/bin/sh", self); err == nil {
		t.Error("a shell passes for a build")
	}
}
