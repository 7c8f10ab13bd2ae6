package tomledit

import (
	"maps"

	"github.com/pelletier/go-toml/v2"
)

// Document is the text of a TOML document, and what it says.
type Document struct {
	text     []byte
	values   map[string]any
	sections []section
}

// Parse reads a document. The error is a *toml.DecodeError, which knows line and
// column, wherever the text is to blame.
func Parse(text []byte) (*Document, error) {
	values := make(map[string]any)
	if err := toml.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	sections, err := layout(text)
	if err != nil {
		return nil, err
	}
	return &Document{text, values, sections}, nil
}

// Bytes returns the text as it is now. It must not be changed.
func (d *Document) Bytes() []byte { return d.text }

// Get returns what stands at a path: a map[string]any for a table, which must
// not be changed, and for other values what go-toml makes of them. The empty
// path is the whole document.
func (d *Document) Get(path ...string) (value any, found bool) {
	value = d.values
	for _, key := range path {
		table, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = table[key]; !ok {
			return nil, false
		}
	}
	return value, true
}

// Table returns the table at a path, which must not be changed, or none.
func (d *Document) Table(path ...string) map[string]any {
	value, _ := d.Get(path...)
	table, _ := value.(map[string]any)
	return table
}

// String returns the string at a path, or the empty one.
func (d *Document) String(path ...string) string {
	value, _ := d.Get(path...)
	text, _ := value.(string)
	return text
}

// become makes the text the document's if it says what is wanted, which anything
// but a mistake in this package does.
func (d *Document) become(text []byte, want map[string]any) error {
	next, err := Parse(text)
	if err != nil {
		return &EditError{err}
	}
	if !same(next.values, want) {
		return &EditError{errOther}
	}
	*d = *next
	return nil
}

// with returns a copy of a table in which something stands at a path, of which
// all but the last are tables or not there.
func with(table map[string]any, path []string, value any) map[string]any {
	table = maps.Clone(table)
	if table == nil {
		table = make(map[string]any)
	}
	if len(path) > 1 {
		below, _ := table[path[0]].(map[string]any)
		value = with(below, path[1:], value)
	}
	table[path[0]] = value
	return table
}

// without returns a copy of a table in which nothing stands at a path that is
// there.
func without(table map[string]any, path []string) map[string]any {
	table = maps.Clone(table)
	if len(path) == 1 {
		delete(table, path[0])
		return table
	}
	table[path[0]] = without(table[path[0]].(map[string]any), path[1:])
	return table
}
