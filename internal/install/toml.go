package install

import (
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/tomledit"
)

// ParseTOML reads a TOML file of an engine. The error has the file, and the line
// and the column where the text is to blame.
func ParseTOML(path string, text []byte) (*tomledit.Document, error) {
	doc, err := tomledit.Parse(text)
	if err != nil {
		return nil, config.At(path, err)
	}
	return doc, nil
}

// DecodeTOML reads a TOML file of an engine into a value that has places for what
// is of interest, and returns the path that the given one leads to. A file that
// does not exist is not found, and changes nothing.
func (h *Host) DecodeTOML(path string, into any) (where string, found bool, err error) {
	where, text, err := h.Read(path)
	if err != nil || text == nil {
		return where, false, err
	}
	if err := toml.Unmarshal(text, into); err != nil {
		return where, false, config.At(where, err)
	}
	return where, true, nil
}

// IsEmptyTOML tells whether nothing is left of a file but space and lines that
// it began with when it was made.
func IsEmptyTOML(text []byte, header string) bool {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(header, line) {
			return false
		}
	}
	return true
}
