package oldrule

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
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

var (
	escape   = strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`)
	unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
)

// readTable reads a mount table, by mount id.
func readTable(proc string) (map[string]mount, error) {
	text, err := os.ReadFile(filepath.Join(proc, "mountinfo"))
	if err != nil {
		return nil, err
	}
	return parseTable(string(text)), nil
}

func parseTable(text string) map[string]mount {
	table := make(map[string]mount)
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		table[f[0]] = mount{f[1], f[2], unescape.Replace(f[3]), unescape.Replace(f[4])}
	}
	return table
}

// processes are the directories in /proc of those in whose namespaces a mount can
// be.
type processes []string

// findMount finds a mount by its id, in whatever namespace it is. A process in a
// chroot does not see the mount that its root is in.
func (all processes) findMount(id string) (mount, error) {
	for _, proc := range all {
		table, err := readTable(proc)
		if err != nil {
			continue // it has ended
		}
		m, known := table[id]
		if !known {
			continue
		}
		root, err := os.Readlink(proc + "/root")
		if err != nil {
			continue
		}
		// Points are told from the process's root on.
		m.point = filepath.Join(root, m.point)
		return m, nil
	}
	return mount{}, fmt.Errorf("no table has mount %s", id)
}

// isMountpointAnywhere tells whether something is mounted on the place in the
// mount namespace of any of the processes.
func (p place) isMountpointAnywhere(all processes) bool {
	seen := make(map[string]bool)
	name := []byte(escape.Replace(filepath.Base(p.path)))
	for _, proc := range all {
		// Of process 1 the link may not be readable even for root.
		if namespace, err := os.Readlink(proc + "/ns/mnt"); err == nil {
			if seen[namespace] {
				continue
			}
			seen[namespace] = true
		}
		text, err := os.ReadFile(filepath.Join(proc, "mountinfo"))
		// Of one that has ended nothing can be read. Most of what is removed has a name
		// that is in no table.
		if err != nil || !bytes.Contains(text, name) {
			continue
		}
		table := parseTable(string(text))
		for _, m := range table {
			below, known := table[m.parent]
			if known && below.device == p.device && below.inside(strings.TrimPrefix(m.point, strings.TrimSuffix(below.point, "/"))) == p.path {
				return true
			}
		}
	}
	return false
}
