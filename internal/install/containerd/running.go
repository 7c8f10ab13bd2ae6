package containerd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/linux"
)

// maxProc bounds what is read of a process.
const maxProc = 64 << 10

// process is a containerd that runs.
type process struct {
	program string
	config  string // that it was told to read, empty if it was not
	path    string // its $PATH
}

// running finds the containerds of this machine that are nobody else's part:
// Docker's own is none of them, and none in a container is.
func running(ctx context.Context) ([]process, error) {
	all, err := engine.Running(ctx)
	if err != nil {
		return nil, err
	}
	dockers := make(map[int]bool)
	for _, p := range all {
		dockers[p.PID] = p.Name == "dockerd"
	}
	var found []process
	for _, p := range all {
		if p.Name != "containerd" || p.Nested || !isHosts(p.PID) || dockers[parentOf(p.PID)] {
			continue
		}
		args, err := p.Arguments()
		if err != nil {
			return nil, fmt.Errorf("command line of containerd (pid %d): %w", p.PID, err)
		}
		program, err := os.Readlink(procFile(p.PID, "exe"))
		if err != nil || len(args) == 0 {
			continue // it has ended
		}
		found = append(found, process{
			program: strings.TrimSuffix(program, " (deleted)"),
			config:  engine.Flag(args, "--config", "-c"),
			path:    pathOf(p.PID),
		})
	}
	return found, nil
}

// isHosts tells whether a process is root's and has our own root directory:
// whoever is in a container with the host's processes can call one containerd.
func isHosts(pid int) bool {
	status := string(readProc(pid, "status"))
	_, uids, _ := strings.Cut(status, "\nUid:")
	if fields := strings.Fields(uids); len(fields) == 0 || fields[0] != "0" {
		return false
	}
	ours, err := linux.PlaceOf("/")
	if err != nil {
		return false
	}
	theirs, err := linux.PlaceOf(procFile(pid, "root"))
	return err == nil && ours.Device == theirs.Device && ours.Inode == theirs.Inode
}

// parentOf is the parent of a process, 0 if it has ended.
func parentOf(pid int) int {
	_, text, _ := strings.Cut(string(readProc(pid, "status")), "\nPPid:")
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return 0
	}
	parent, err := strconv.Atoi(fields[0])
	if err != nil {
		return 0
	}
	return parent
}

// pathOf is the $PATH that a process was started with, empty if it had none.
func pathOf(pid int) string {
	for variable := range bytes.SplitSeq(readProc(pid, "environ"), []byte{0}) {
		if path, ok := bytes.CutPrefix(variable, []byte("PATH=")); ok {
			return string(path)
		}
	}
	return ""
}

func procFile(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// readProc reads a file of a process, nothing if that has ended.
func readProc(pid int, name string) []byte {
	text, _, err := config.ReadFile(procFile(pid, name), maxProc)
	if err != nil {
		return nil
	}
	return text
}
