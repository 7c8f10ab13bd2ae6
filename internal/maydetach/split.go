package maydetach

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Split looks for a shim whose mount namespace is not that of any engine: the
// reason for which [TurnOn] leaves the switch off. It returns a description of
// the first one, or "" if there is none. Without a running engine nothing is
// known to be split.
//
// proc is where procfs is mounted.
func Split(proc string) (string, error) {
	processes, err := os.ReadDir(proc)
	if err != nil {
		return "", err
	}
	own, err := os.Readlink(filepath.Join(proc, "self/ns/pid"))
	if err != nil {
		return "", err
	}
	engines := make(map[string]bool)
	shims := make(map[string]string) // namespace → process
	for _, p := range processes {
		if _, err := strconv.Atoi(p.Name()); err != nil {
			continue
		}
		dir := filepath.Join(proc, p.Name())
		if !mayBeEither(dir) {
			continue
		}
		name := program(dir)
		engine := isEngine(name)
		if !engine && !isShim(name) {
			continue
		}
		// What runs in a container may call itself what it likes.
		if pids, err := os.Readlink(filepath.Join(dir, "ns/pid")); err != nil || pids != own {
			continue
		}
		namespace, err := os.Readlink(filepath.Join(dir, "ns/mnt"))
		if err != nil {
			continue // it has ended
		}
		if engine {
			engines[namespace] = true
		} else {
			shims[namespace] = fmt.Sprintf("%s (pid %s)", name, p.Name())
		}
	}
	if len(engines) == 0 {
		return "", nil
	}
	for namespace, shim := range shims {
		if !engines[namespace] {
			return shim, nil
		}
	}
	return "", nil
}

// mayBeEither looks at the name that the kernel has for a process. Most
// processes are neither engine nor shim, and reading a command line waits for
// whoever holds the lock of that process's memory.
func mayBeEither(dir string) bool {
	comm, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return false
	}
	name := strings.TrimSuffix(string(comm), "\n")
	return isEngine(name) || isShim(name) || strings.HasPrefix(name, "docker-containe")
}

// program returns the file name of a process's argv[0]. comm would not do: its
// 15 characters do not tell docker-containerd from docker-containerd-shim.
func program(dir string) string {
	f, err := os.Open(filepath.Join(dir, "cmdline"))
	if err != nil {
		return ""
	}
	defer f.Close()
	line, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return ""
	}
	argv0, _, _ := bytes.Cut(line, []byte{0})
	return filepath.Base(string(argv0))
}

func isEngine(name string) bool {
	switch name {
	case "dockerd", "docker-containerd", "containerd", "crio":
		return true
	}
	return false
}

func isShim(name string) bool {
	return strings.HasPrefix(name, "containerd-shim") || name == "docker-containerd-shim"
}
