package host

import (
	"os"
	"path/filepath"
)

// Installed is the path of a copy of a program in a directory of the host, written as
// a package manager writes it. What a linker has written lies in the page cache in
// pieces of a page, of which each start maps fewer at once: of programs that are timed
// beside installed ones, that is 0.1 ms.
func (h *Host) Installed(path string, elem ...string) string {
	h.t.Helper()
	to := filepath.Join(h.Dir(elem...), filepath.Base(path))
	program, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(to, program, 0o755)
	}
	if err != nil {
		h.t.Fatalf("copy a program: %v", err)
	}
	return to
}
