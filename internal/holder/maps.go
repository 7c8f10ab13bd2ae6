package holder

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/unbusy/unbusy/pkg/mount"
)

// maxMapLine is enough for a line with a path of PATH_MAX, of which every byte
// could be written as four.
const maxMapLine = 20 << 10

// mapping is a line of /proc/PID/maps.
type mapping struct {
	addresses []byte // "00400000-00452000"
	device    mount.Device
	inode     []byte
	path      []byte
}

// mapped tells mapped files apart.
type mapped struct {
	device mount.Device
	inode  string
}

// maps looks at the files that a process has mapped, each once, by the directory of one
// of its threads. That is the one below /proc itself: those of tasks have no map_files.
//
// The text has the inode's own superblock and serves as the filter: following a
// link for every mapping would cost ten times as much.
func (l *looker) maps(dir string) {
	f, err := os.Open(dir + "maps")
	if err != nil {
		l.miss(err)
		return
	}
	defer f.Close()
	if err := l.mappings(f, dir); err != nil {
		l.miss(err)
	}
}

func (l *looker) mappings(text io.Reader, dir string) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, 4<<10), maxMapLine)
	var (
		seen   map[mapped]bool
		last   mount.Device
		wanted bool
	)
	for lines.Scan() && !l.full() && l.ctx.Err() == nil {
		m, ok := parseMapping(lines.Bytes())
		if !ok {
			continue
		}
		if m.device != last { // which is rare: files have several mappings
			last, wanted = m.device, !l.mapsTell || l.devices(m.device)
		}
		if !wanted {
			continue
		}
		file := mapped{m.device, string(m.inode)}
		if seen[file] {
			continue
		}
		if seen == nil {
			seen = make(map[mapped]bool)
		}
		seen[file] = true
		l.mapping(m, dir)
	}
	return lines.Err()
}

// mapping looks at one mapping.
func (l *looker) mapping(m mapping, dir string) {
	before := len(l.uses)
	link := dir + "map_files/" + m.link()
	opened, device, err := l.devs.of(link)
	switch {
	case errors.Is(err, fs.ErrPermission) && l.mapsTell:
		// Following takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE
		// (proc_map_files_get_link in fs/proc/base.c).
		if l.devices(m.device) {
			l.uses = append(l.uses, Use{PID: l.pid, What: "map", Device: m.device, Path: string(m.path)})
		}
	case err != nil:
		l.miss(err)
	case l.devices(device):
		path, err := os.Readlink(link)
		if isGone(err) {
			return
		}
		l.uses = append(l.uses, Use{
			PID: l.pid, What: "map", MountID: opened.Mount, Device: device, Path: path,
		})
	}
	if len(l.uses) > before && l.has("exe", l.uses[before]) {
		l.uses = l.uses[:before]
	}
}

// parseMapping takes "addresses permissions offset major:minor inode  path" apart.
// It is not ok if no file is mapped there.
func parseMapping(line []byte) (m mapping, ok bool) {
	var device []byte
	m.addresses, line, _ = bytes.Cut(line, []byte(" "))
	_, line, _ = bytes.Cut(line, []byte(" "))
	_, line, _ = bytes.Cut(line, []byte(" "))
	device, line, _ = bytes.Cut(line, []byte(" "))
	m.inode, line, _ = bytes.Cut(line, []byte(" "))
	if len(m.inode) == 0 || bytes.Equal(m.inode, []byte("0")) {
		return mapping{}, false
	}
	major, minor, _ := bytes.Cut(device, []byte(":"))
	a, err := strconv.ParseUint(string(major), 16, 32)
	if err != nil {
		return mapping{}, false
	}
	b, err := strconv.ParseUint(string(minor), 16, 32)
	if err != nil {
		return mapping{}, false
	}
	m.device = mount.Device{Major: uint32(a), Minor: uint32(b)}
	m.path = bytes.TrimLeft(line, " ")
	return m, true
}

// link is the name of a mapping in map_files. It has no zeros in front, where the
// text has eight digits at least.
func (m mapping) link() string {
	start, end, _ := bytes.Cut(m.addresses, []byte("-"))
	return trimZeros(start) + "-" + trimZeros(end)
}

func trimZeros(number []byte) string {
	if trimmed := bytes.TrimLeft(number, "0"); len(trimmed) > 0 {
		return string(trimmed)
	}
	return "0"
}
