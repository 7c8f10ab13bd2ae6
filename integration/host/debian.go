package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// Debian is the path of a program that a package of the distribution brings.
// What someone put into /usr/local under the same name is of another version.
func (h *Host) Debian(program, pkg string) string {
	h.t.Helper()
	for _, dir := range []string{"/usr/sbin", "/usr/bin"} {
		path := filepath.Join(dir, program)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	h.t.Fatalf("there is no %s: please install Debian's %s", program, pkg)
	return ""
}

var majorMinor = regexp.MustCompile(`\d+\.\d+`)

// version is the major and minor version that a program says it has: "20.10".
func (h *Host) version(path string) string {
	h.t.Helper()
	out, err := exec.Command(path, "--version").Output()
	version := majorMinor.FindString(string(out))
	if err != nil || version == "" {
		h.t.Fatalf("%s --version: %v: %q", path, err, out)
	}
	return version
}
