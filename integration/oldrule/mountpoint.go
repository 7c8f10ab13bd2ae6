package oldrule

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mount is a line of a mount table.
type mount struct {
	parent, device, root, point string
}

// inside is the path in the mount's file system of one below its mountpoint.
func (m mount) inside(below string) string {
	return strings.TrimSuffix(strings.TrimSuffix(m.root, "/")+"/"+strings.Trim(below, "/"), "/")
}

var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// readTable reads a mount table, by mount id.
func readTable(proc string) (map[string]mount, error) {
	text, err := os.ReadFile(filepath.Join(proc, "mountinfo"))
	if err != nil {
		return nil, err
	}
	table := make(map[string]mount)
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		table[f[0]] = mount{f[1], f[2], unescape.Replace(f[3]), unescape.Replace(f[4])}
	}
	return table, nil
}

// findMount finds a mount by its id, in whatever namespace it is. A process in a
// chroot does not see the mount that its root is in.
func findMount(id string) (mount, error) {
	var found *mount
	err := eachProcess(func(proc string) bool {
		table, err := readTable(proc)
		if err != nil {
			return false // it has ended
		}
		m, known := table[id]
		if !known {
			return false
		}
		root, err := os.Readlink(proc + "/root")
		if err != nil {
			return false
		}
		// Points are told from the process's root on.
		m.point = filepath.Join(root, m.point)
		found = &m
		return true
	})
	if err == nil && found == nil {
		err = fmt.Errorf("no table has mount %s", id)
	}
	if err != nil {
		return mount{}, err
	}
	return *found, nil
}

// isMountpointAnywhere tells whether something is mounted on the place in the
// mount namespace of any process.
func (p place) isMountpointAnywhere() bool {
	seen := make(map[string]bool)
	mounted := false
	err := eachProcess(func(proc string) bool {
		// Of process 1 the link may not be readable even for root.
		if namespace, err := os.Readlink(proc + "/ns/mnt"); err == nil {
			if seen[namespace] {
				return false
			}
			seen[namespace] = true
		}
		table, err := readTable(proc)
		if err != nil {
			return false // it has ended
		}
		for _, m := range table {
			below, known := table[m.parent]
			if known && below.device == p.device && below.inside(strings.TrimPrefix(m.point, strings.TrimSuffix(below.point, "/"))) == p.path {
				mounted = true
			}
		}
		return mounted
	})
	return err == nil && mounted
}

// eachProcess calls f with the directory of each process until it returns true.
func eachProcess(f func(proc string) bool) error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err == nil && f("/proc/"+entry.Name()) {
			break
		}
	}
	return nil
}
