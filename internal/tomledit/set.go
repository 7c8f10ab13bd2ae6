package tomledit

import "slices"

// Set makes a value stand at a path: in place of the one that is there, or else
// where its table is written, or else in a table of its own that is written after
// its nearest relative.
//
// The value is a string, a bool, an int64, a float64, or a []any of these. A
// table cannot be replaced by a value, nor anything that is no table be made one:
// that is an *EditError, as is all that keeps this from being done.
func (d *Document) Set(value any, path ...string) error {
	for i := range path {
		if _, err := encode(path[i]); err != nil {
			return err
		}
		if existing, found := d.Get(path[:i]...); found {
			if _, ok := existing.(map[string]any); !ok {
				return notTable(path[:i])
			}
		}
	}
	existing, found := d.Get(path...)
	if _, table := existing.(map[string]any); len(path) == 0 || table {
		return &EditError{errTable}
	}
	if found && same(existing, value) {
		return nil
	}
	text, err := encode(value)
	if err != nil {
		return err
	}
	want := with(d.values, path, value)
	if !found {
		return d.become(d.add(path, text), want)
	}
	replaced, ok := d.replace(path, text)
	if !ok {
		return &EditError{errTable}
	}
	return d.become(replaced, want)
}

// replace puts another value at a path where there is one. It is not ok of an array
// of tables, each of which has a header.
func (d *Document) replace(path []string, value string) (text []byte, ok bool) {
	for i := range d.sections {
		s := &d.sections[i]
		if !startsWith(path, s.path) {
			continue
		}
		if p := find(s.pairs, path[len(s.path):]); p != nil {
			return d.splice(p.value, value), true
		}
	}
	return nil, false
}

// find returns the pair at a path, in inline tables, too.
func find(pairs []pair, path []string) *pair {
	for i := range pairs {
		p := &pairs[i]
		if !startsWith(path, p.path) {
			continue
		}
		if len(p.path) == len(path) {
			return p
		}
		if found := find(p.pairs, path[len(p.path):]); found != nil {
			return found
		}
	}
	return nil
}

// splice returns the text with another in the place of a part of it.
func (d *Document) splice(at span, text string) []byte {
	return slices.Concat(d.text[:at.start], []byte(text), d.text[at.end:])
}
