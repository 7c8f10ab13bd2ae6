package tomledit

import "strings"

// add writes a key where there is none.
func (d *Document) add(path []string, value string) []byte {
	if text := d.addInline(path, value); text != nil {
		return text
	}
	parent := path[:len(path)-1]
	for i := range d.sections {
		if s := &d.sections[i]; len(s.path) == len(parent) && startsWith(parent, s.path) {
			if len(parent) > 0 || len(s.pairs) > 0 {
				return d.addToSection(i, len(s.pairs)-1, path[len(path)-1:], value)
			}
		}
	}
	if len(parent) == 0 {
		return d.addFirst(path, value)
	}
	if text := d.addDotted(path, value); text != nil {
		return text
	}
	return d.addSection(path, value)
}

// addInline writes a key into the inline table that its path leads through, if
// one does.
func (d *Document) addInline(path []string, value string) []byte {
	for i := range d.sections {
		s := &d.sections[i]
		if !startsWith(path, s.path) {
			continue
		}
		table, rest := innermost(s.pairs, path[len(s.path):])
		if table == nil {
			continue
		}
		text := Key(rest...) + " = " + value
		if n := len(table.pairs); n > 0 {
			at := table.pairs[n-1].end
			return d.splice(span{at, at}, ", "+text)
		}
		at := table.value.start + 1 // after the brace
		return d.splice(span{at, at}, text)
	}
	return nil
}

// innermost returns the innermost inline table that a path leads through, and
// what of the path is left in it.
func innermost(pairs []pair, path []string) (table *pair, rest []string) {
	for i := range pairs {
		p := &pairs[i]
		if !p.inline || len(p.path) >= len(path) || !startsWith(path, p.path) {
			continue
		}
		if table, rest = innermost(p.pairs, path[len(p.path):]); table != nil {
			return table, rest
		}
		return p, path[len(p.path):]
	}
	return nil, nil
}

// addToSection writes a key into a section, after the pair of the given number
// or, if that is -1, after the header.
func (d *Document) addToSection(section, pair int, key []string, value string) []byte {
	s := &d.sections[section]
	at, indent := s.line.end, d.indentOf(s.line.start)+d.step()
	if pair >= 0 {
		at, indent = lineEnd(d.text, s.pairs[pair].end), d.indentOf(s.pairs[pair].start)
	}
	return d.insertLine(at, indent+Key(key...)+" = "+value)
}

// addFirst writes the first key that the document has before its first header.
func (d *Document) addFirst(key []string, value string) []byte {
	if len(d.sections) == 1 {
		return d.insertLine(len(d.text), Key(key...)+" = "+value)
	}
	// What is said of the file as a whole stays at its beginning.
	return d.insertLine(d.commentsEnd(0), Key(key...)+" = "+value)
}

// addDotted writes a key beside a dotted one that has made its table, or one
// around that, unless a header has made one that is nearer.
func (d *Document) addDotted(path []string, value string) []byte {
	nearest, section, pair := 0, -1, -1
	for i := range d.sections {
		s := &d.sections[i]
		if n := common(s.path, path[:len(path)-1]); n > nearest {
			nearest, section = n, -1
		}
		if !startsWith(path, s.path) {
			continue
		}
		for j := range s.pairs {
			made := s.pairs[j].path[:len(s.pairs[j].path)-1]
			if n := len(s.path) + common(made, path[len(s.path):len(path)-1]); n > len(s.path) && n >= nearest {
				nearest, section, pair = n, i, j
			}
		}
	}
	if section < 0 {
		return nil
	}
	return d.addToSection(section, pair, path[len(d.sections[section].path):], value)
}

// addSection writes a header for the key's table after its nearest relatives, or
// at the end of the document.
func (d *Document) addSection(path []string, value string) []byte {
	parent := path[:len(path)-1]
	nearest, after := 0, -1
	for i := range d.sections {
		if n := common(d.sections[i].path, parent); n > 0 && n >= nearest {
			nearest, after = n, i
		}
	}
	at, indent, keys := len(d.text), "", make([]string, 0, len(parent))
	if after >= 0 {
		s := &d.sections[after]
		at, indent = d.commentsEnd(s.end(d.text)), d.indentOf(s.line.start)
		if step := d.depthStep(); step != "" {
			deeper := len(parent) - len(s.path)
			indent = strings.TrimSuffix(indent, strings.Repeat(step, max(-deeper, 0))) + strings.Repeat(step, max(deeper, 0))
		}
		keys = append(keys, s.raw[:nearest]...)
	}
	for _, key := range parent[len(keys):] {
		keys = append(keys, encodeKey(key))
	}
	text := indent + "[" + strings.Join(keys, ".") + "]" + d.newline() + indent + d.step() + Key(path[len(parent)]) + " = " + value
	if at > 0 {
		text = d.newline() + text
	}
	return d.insertLine(at, text)
}
