package ask

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxSockets is what is read of the list of a network namespace's unix
	// sockets.
	maxSockets = 16 << 20
	// maxDescriptors is what is looked at of a process' descriptors.
	maxDescriptors = 1 << 16
)

// Sockets returns the paths of the unix sockets on which a process listens, as
// the process bound them. The kernel knows better than command lines and
// configuration files do, of which there are many kinds, and of a socket that
// systemd made ("fd://") they do not tell the path.
func Sockets(pid int) ([]string, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	owned, err := socketInodes(dir + "/fd")
	if err != nil {
		return nil, fmt.Errorf("sockets of process %d: %w", pid, err)
	}
	list, err := os.Open(dir + "/net/unix")
	if err != nil {
		return nil, fmt.Errorf("sockets of process %d: %w", pid, err)
	}
	defer list.Close()
	var paths []string
	scanner := bufio.NewScanner(io.LimitReader(list, maxSockets))
	for scanner.Scan() {
		path, inode, ok := listening(scanner.Text())
		if ok && owned[inode] && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("sockets of process %d: %w", pid, err)
	}
	slices.Sort(paths)
	return paths, nil
}

// acceptsConnections is __SO_ACCEPTCON of the kernel's include/linux/net.h.
const acceptsConnections = 1 << 16

// listening takes a line of /proc/net/unix apart:
//
//	Num RefCount Protocol Flags Type St Inode Path
//
// ok is false unless somebody listens on a path.
func listening(line string) (path, inode string, ok bool) {
	fields := strings.SplitN(line, " ", 7)
	if len(fields) < 7 {
		return "", "", false
	}
	flags, err := strconv.ParseUint(fields[3], 16, 64)
	inode, path, _ = strings.Cut(strings.TrimLeft(fields[6], " "), " ")
	return path, inode, err == nil && flags&acceptsConnections != 0 && filepath.IsAbs(path)
}

// socketInodes returns the numbers of the sockets among a process' descriptors.
func socketInodes(dir string) (map[string]bool, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(maxDescriptors)
	if err != nil && err != io.EOF { //nolint:errorlint // Readdirnames returns it as it is
		return nil, err
	}
	inodes := map[string]bool{}
	for _, name := range names {
		link, err := os.Readlink(filepath.Join(dir, name))
		if err != nil {
			continue // closed by now
		}
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return inodes, nil
}
