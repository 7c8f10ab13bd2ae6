package engines

import (
	"path/filepath"
	"strings"
)

// short is an identifier as engines' own commands show it.
func short(id string) string {
	const length = 12
	if len(id) == 64 && !strings.Contains(id, "/") {
		return id[:length]
	}
	return id
}

// isUnder reports whether a path is a directory or in it.
func isUnder(path, dir string) bool {
	relative, err := filepath.Rel(dir, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, "../")
}
