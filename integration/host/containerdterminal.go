package host

import (
	"path/filepath"
	"strings"
)

// Terminal is Try at a terminal of its own. What ctr and the container write is
// what comes back, as a terminal shows it, also with an error.
func (c *Containerd) Terminal(args ...string) (string, error) {
	words := append([]string{filepath.Join(c.bin, "ctr"), "--address", c.config.Socket}, args...)
	for i, word := range words {
		words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return c.h.Exec(c.pathDirs, "script", "--quiet", "--return", "--command", strings.Join(words, " "), "/dev/null")
}
