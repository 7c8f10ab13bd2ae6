package docker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// document is the text of a daemon.json, and its outline.
type document struct {
	path string
	text []byte
	root hujson.Value
}

// parse reads a daemon.json as strictly as all versions of dockerd together:
// what one of them would refuse or overlook is refused here, with the line. A
// file with nothing in it is an empty object, though not for dockerd 20.10.
func parse(path string, text []byte) (*document, error) {
	d := &document{path: path, text: text}
	if len(bytes.TrimSpace(text)) == 0 {
		d.text = []byte("{}\n")
		return d, d.outline()
	}
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		return nil, d.at(0, errors.New("a byte order mark, which older versions of dockerd refuse: save the file without"))
	}
	if !utf8.Valid(text) {
		return nil, d.at(firstInvalid(text), errors.New("a byte that is not UTF-8"))
	}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, d.at(int(syntax.Offset)-1, fmt.Errorf("not JSON as dockerd reads it: %w", err))
		}
		return nil, d.at(0, err)
	}
	return d, d.outline()
}

// outline finds where everything is.
func (d *document) outline() error {
	root, err := hujson.Parse(d.text)
	if err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	if _, ok := root.Value.(*hujson.Object); !ok {
		return d.at(root.StartOffset, errors.New("not a JSON object"))
	}
	for value := range root.All() {
		if err := d.unique(value); err != nil {
			return err
		}
	}
	d.root = root
	return nil
}

// unique refuses an object with two members of one name: dockerd would take the
// last one.
func (d *document) unique(value *hujson.Value) error {
	object, ok := value.Value.(*hujson.Object)
	if !ok {
		return nil
	}
	seen := make(map[string]bool, len(object.Members))
	for _, member := range object.Members {
		name := nameOf(member)
		if seen[name] {
			return d.at(member.Name.StartOffset, fmt.Errorf("the key %q for the second time", name))
		}
		seen[name] = true
	}
	return nil
}

// decode reads into a struct what is of interest.
func (d *document) decode(into any) error {
	err := json.Unmarshal(d.text, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return d.at(int(wrong.Offset)-1, fmt.Errorf("%s is to be a %s and not a %s", wrong.Field, wrong.Type, wrong.Value))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	return nil
}

// at puts the file, the line and the column of a byte before an error.
func (d *document) at(offset int, err error) error {
	before := d.text[:min(max(offset, 0), len(d.text))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%s:%d:%d: %w", d.path, line, column, err)
}

// find returns the place of a member and the object it is in, or would be in.
// The object is nil if there is none.
func (d *document) find(path ...string) (in *hujson.Object, at int) {
	in, at = object(&d.root), -1
	for i, name := range path {
		at = -1
		for j, member := range in.Members {
			if nameOf(member) == name {
				at = j
			}
		}
		if i == len(path)-1 {
			return in, at
		}
		if at < 0 {
			return nil, -1
		}
		if in = object(&in.Members[at].Value); in == nil {
			return nil, -1
		}
	}
	return in, at
}

func object(value *hujson.Value) *hujson.Object {
	o, _ := value.Value.(*hujson.Object)
	return o
}

func nameOf(member hujson.ObjectMember) string {
	literal, _ := member.Name.Value.(hujson.Literal)
	return literal.String()
}

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(text)
}
