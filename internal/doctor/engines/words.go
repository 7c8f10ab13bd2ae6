package engines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
)

const (
	// maxWord bounds a file that has one path or number in it, in bytes.
	maxWord = 8 << 10
	// maxNames is more than a directory of an engine has.
	maxNames = 1 << 16
)

// readWord reads a file that has one word, empty if there is none.
func readWord(path string) string {
	text, _, err := config.ReadFile(path, maxWord)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// readJSON reads a file of an engine, and says whether it is there and makes
// sense.
func readJSON(path string, into any) bool {
	text, truncated, err := config.ReadFile(path, maxConfig)
	return err == nil && !truncated && json.Unmarshal(text, into) == nil
}

// names are the entries of a directory, in order.
func names(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	// What is read before an error counts.
	found, _ := f.Readdirnames(maxNames)
	slices.Sort(found)
	return found
}

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
