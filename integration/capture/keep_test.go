package capture

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// keep puts what was noted of a container to where pkg/spec reads it: the
// specification byte for byte.
func keep(t *testing.T, dir string, c container) {
	t.Helper()
	note := c.written(t)
	note.Mounts = onlyOurs(note.Mounts, c.notes.host)
	if err := note.Keep(filepath.Join(dir, c.name)); err != nil {
		t.Fatal(err)
	}
}

// onlyOurs takes those mounts out of a mount table that say something of the
// machine and nothing of a host with engines: what is neither the host's own, in
// or above its directory, nor at one of the places that every host has.
func onlyOurs(mounts []byte, dir string) []byte {
	places := []string{"/proc", "/sys", "/dev", "/run", "/opt", "/var/lib/cni", dir}
	var ours []byte
	for line := range bytes.Lines(mounts) {
		point := strings.Fields(string(line))[4]
		if isBelow(dir, point) || slices.ContainsFunc(places, func(place string) bool { return isBelow(point, place) }) {
			ours = append(ours, line...)
		}
	}
	return ours
}

// isBelow tells whether a path is a directory or lies in it.
func isBelow(path, dir string) bool {
	return strings.HasPrefix(path+"/", strings.TrimSuffix(dir, "/")+"/")
}
