package tomledit

import (
	"bytes"

	"github.com/pelletier/go-toml/v2/unstable"
)

// span is a part of the text.
type span struct{ start, end int }

// section is a header and what stands below it up to the next one. All elements
// of an array of tables have the same path, and no path of a value leads there.
type section struct {
	path  []string // of the table, from the document's root
	raw   []string // the same as it is spelt
	line  span     // of the header, with its end; of length 0 if there is none
	pairs []pair
}

// pair is a key and its value: on lines of its own, or in an inline table.
type pair struct {
	span          // from the key to the end of the value
	path []string // from the table it stands in: more than one in a dotted key
	// value is without the blanks around it.
	value  span
	inline bool   // the value is an inline table
	pairs  []pair // of that
}

// layout finds what stands where. The text is known to be a valid document. The
// first section is that of the document's root, and has no header.
func layout(text []byte) ([]section, error) {
	var parser unstable.Parser
	parser.Reset(text)
	sections := []section{{}}
	for parser.NextExpression() {
		node := parser.Expression()
		if node.Kind == unstable.KeyValue {
			last := &sections[len(sections)-1]
			last.pairs = append(last.pairs, newPair(&parser, node))
			continue
		}
		sections = append(sections, newSection(text, node))
	}
	return sections, parser.Error()
}

func newSection(text []byte, node *unstable.Node) section {
	var s section
	var first, last unstable.Range
	for it := node.Key(); it.Next(); {
		key := it.Node()
		if first.Length == 0 {
			first = key.Raw
		}
		last = key.Raw
		s.path = append(s.path, string(key.Data))
		s.raw = append(s.raw, string(text[key.Raw.Offset:key.Raw.Offset+key.Raw.Length]))
	}
	// A header is on one line, and nothing else but a comment.
	s.line = span{lineStart(text, int(first.Offset)), lineEnd(text, int(last.Offset+last.Length))}
	return s
}

func newPair(parser *unstable.Parser, node *unstable.Node) pair {
	text := parser.Data()
	p := pair{span: span{int(node.Raw.Offset), int(node.Raw.Offset + node.Raw.Length)}}
	for it := node.Key(); it.Next(); {
		key := it.Node()
		p.path = append(p.path, string(key.Data))
		p.value.start = int(key.Raw.Offset + key.Raw.Length)
	}
	// After the key come blanks, the equals sign and more blanks.
	for bytes.IndexByte([]byte(" \t="), text[p.value.start]) >= 0 {
		p.value.start++
	}
	p.value.end = p.end
	value := node.Value()
	if p.inline = value.Kind == unstable.InlineTable; p.inline {
		for it := value.Children(); it.Next(); {
			if child := it.Node(); child.Kind == unstable.KeyValue {
				p.pairs = append(p.pairs, newPair(parser, child))
			}
		}
	}
	return p
}

// lineStart is where the line begins that an offset is in.
func lineStart(text []byte, offset int) int {
	return bytes.LastIndexByte(text[:offset], '\n') + 1
}

// lineEnd is where the line after the one begins that an offset is in.
func lineEnd(text []byte, offset int) int {
	if i := bytes.IndexByte(text[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(text)
}

// end is where the lines of a section end that say something.
func (s *section) end(text []byte) int {
	if n := len(s.pairs); n > 0 {
		return lineEnd(text, s.pairs[n-1].end)
	}
	return s.line.end
}

// startsWith tells whether a path leads through another or to it.
func startsWith(path, prefix []string) bool { return common(path, prefix) == len(prefix) }

// common is how many components two paths have in common at their beginning.
func common(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
