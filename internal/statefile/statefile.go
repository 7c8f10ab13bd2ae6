// Package statefile reads what container engines keep on disk about their
// containers. What is too long, is no regular file or makes no sense counts as not
// there: such a directory belongs to somebody who may be writing to it.
package statefile

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
)

const (
	// maxNames is more than a directory of an engine has.
	maxNames = 1 << 16
	// maxJSON bounds a file with everything about a container, in bytes.
	maxJSON = 16 << 20
	// maxWord bounds a file that has one path or number in it, in bytes.
	maxWord = 8 << 10
)

// Names are the entries of a directory, in order, or none.
func Names(dir string) []string {
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

// JSON decodes a file, and says whether it is there and makes sense.
func JSON(path string, into any) bool {
	text, truncated, err := config.ReadFile(path, maxJSON)
	return err == nil && !truncated && json.Unmarshal(text, into) == nil
}

// Word reads a file that has one word, empty if there is none.
func Word(path string) string {
	text, _, err := config.ReadFile(path, maxWord)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
