package tomledit

import (
	"bytes"
	"slices"
)

// Remove takes away what stands at a path, a table with all that is in it, and
// tells whether there was anything. With the lines of a key go the comments on
// them; with a section goes one blank line before it.
func (d *Document) Remove(path ...string) (removed bool, err error) {
	if _, found := d.Get(path...); !found || len(path) == 0 {
		return false, nil
	}
	var parts []span
	for i := range d.sections {
		s := &d.sections[i]
		switch {
		case s.line.end > 0 && startsWith(s.path, path):
			parts = append(parts, d.wholeSection(s))
		case startsWith(path, s.path):
			parts = append(parts, d.matching(s.pairs, path[len(s.path):], nil)...)
		}
	}
	text := d.text
	for _, part := range slices.Backward(parts) {
		text = slices.Concat(text[:part.start], text[part.end:])
	}
	return true, d.become(text, without(d.values, path))
}

// wholeSection is a section from its header to its last key, with a blank line
// that sets it apart.
func (d *Document) wholeSection(s *section) span {
	part := span{s.line.start, s.end(d.text)}
	if before := lineStart(d.text, max(part.start-1, 0)); len(bytes.TrimSpace(d.text[before:part.start])) == 0 {
		part.start = before
	}
	return part
}

// matching are the parts of the text that say what stands at a path. The pairs
// are those of an inline table, or of a section if there is none.
func (d *Document) matching(pairs []pair, path []string, table *pair) []span {
	var parts []span
	for i := 0; i < len(pairs); i++ {
		p := &pairs[i]
		switch {
		case startsWith(p.path, path) && table == nil:
			parts = append(parts, span{lineStart(d.text, p.start), lineEnd(d.text, p.end)})
		case startsWith(p.path, path):
			first := i
			for i+1 < len(pairs) && startsWith(pairs[i+1].path, path) {
				i++
			}
			parts = append(parts, d.withComma(pairs, first, i))
		case p.inline && startsWith(path, p.path):
			parts = append(parts, d.matching(p.pairs, path[len(p.path):], p)...)
		}
	}
	return parts
}

// withComma are pairs of an inline table with the comma before them, or with the
// one after them if they are the first.
func (d *Document) withComma(pairs []pair, first, last int) span {
	switch {
	case first > 0:
		return span{pairs[first-1].end, pairs[last].end}
	case last+1 < len(pairs):
		return span{pairs[0].start, pairs[last+1].start}
	default:
		return span{pairs[0].start, d.trailingComma(pairs[last].end)}
	}
}

// trailingComma is the end of the comma that may follow the last pair of an
// inline table, after blanks, line ends and comments, or the given offset.
func (d *Document) trailingComma(offset int) int {
	for at := offset; at < len(d.text); {
		switch d.text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			at = lineEnd(d.text, at)
		case ',':
			return at + 1
		default:
			return offset
		}
	}
	return offset
}
