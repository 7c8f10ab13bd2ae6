package holder

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
)

func TestParseMapping(t *testing.T) {
	for line, want := range map[string]struct {
		link, path string
		device     mount.Device
	}{
		"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/dbus daemon": {"400000-452000", "/usr/bin/dbus daemon", mount.Device{Major: 8, Minor: 2}},
		"7f0e89f47000-7f0e89f48000 r--p 00000000 00:2a 4                 /file":  {"7f0e89f47000-7f0e89f48000", "/file", mount.Device{Minor: 42}},
		"00000000-00001000 r--p 00000000 103:ffff1 4 /":                          {"0-1000", "/", mount.Device{Major: 0x103, Minor: 0xffff1}},
		"7f0e89f47000-7f0e89f48000 rw-p 00000000 00:00 0 ":                       {},
		"7f0e89f47000-7f0e89f48000 rw-p 00000000 00:00 0      [heap]":            {},
		"7f0e89f47000-7f0e89f48000 rw-p 00000000 xx:00 1      /":                 {},
		"7f0e89f47000-7f0e89f48000 rw-p 00000000 00:xx 1      /":                 {},
		"7f0e89f47000-7f0e89f48000":                                              {},
		"":                                                                       {},
	} {
		m, ok := parseMapping([]byte(line))
		if ok != (want.link != "") {
			t.Errorf("%q: %+v, %v", line, m, ok)
		}
		if ok && (m.link() != want.link || string(m.path) != want.path || m.device != want.device) {
			t.Errorf("%q is %s, %q on %s", line, m.link(), m.path, m.device)
		}
	}
}

// TestMapsOfLayers has a text in which mapped files of an overlay are on the file
// system of a layer.
func TestMapsOfLayers(t *testing.T) {
	c := start(t, "overlay map")
	text, err := os.ReadFile(procDir(c.pid()) + "maps")
	if err != nil {
		t.Fatal(err)
	}
	shown := " 00:" + strconv.FormatUint(uint64(c.device.Minor), 16) + " "
	if !strings.Contains(string(text), shown) {
		t.Fatalf("no%sin %s", shown, text)
	}
	layers := strings.ReplaceAll(string(text), shown, " 00:01 ")
	for _, tell := range []bool{false, true} {
		l := &looker{
			finder: &finder{devices: of(c.device), devs: newDevices(), mapsTell: tell},
			ctx:    t.Context(), pid: c.pid(), dir: procDir(c.pid()),
		}
		defer l.devs.close()
		if err := l.mappings(strings.NewReader(layers), l.dir); err != nil || l.missed != nil {
			t.Fatal(err, l.missed)
		}
		if found := len(l.uses) == 1 && l.uses[0].MountID == c.mount; found == tell {
			t.Errorf("if the text is to be believed %v: %+v", tell, l.uses)
		}
	}
}

// TestMapsAsOrdinaryUser looks at our own mappings, that only root may follow.
func TestMapsAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may follow them")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := mapFile(file); err != nil {
		t.Fatal(err)
	}
	l := &looker{
		finder: &finder{devices: func(mount.Device) bool { return true }, devs: newDevices(), mapsTell: true},
		ctx:    t.Context(), pid: os.Getpid(), dir: procDir(os.Getpid()),
	}
	l.link("exe", l.dir+"exe")
	l.maps(l.dir)
	var mapped []string
	for _, u := range l.uses {
		if u.What == "map" {
			mapped = append(mapped, u.Path)
		}
	}
	if l.missed != nil || len(mapped) != 1 || mapped[0] != file {
		t.Errorf("mapped %q, missed %v", mapped, l.missed)
	}
}
