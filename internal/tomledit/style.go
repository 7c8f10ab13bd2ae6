package tomledit

import "bytes"

// newline is how the document ends its lines.
func (d *Document) newline() string {
	if i := bytes.IndexByte(d.text, '\n'); i > 0 && d.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// indentOf are the blanks before what stands at the beginning of a line, which an
// offset is in.
func (d *Document) indentOf(offset int) string {
	line := d.text[lineStart(d.text, offset):]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// step is by how much keys stand further right than their header, where there is
// a header to tell.
func (d *Document) step() string {
	for i := range d.sections[1:] {
		s := &d.sections[i+1]
		if len(s.pairs) == 0 {
			continue
		}
		header, key := d.indentOf(s.line.start), d.indentOf(s.pairs[0].start)
		if len(key) > len(header) && key[:len(header)] == header {
			return key[len(header):]
		}
		return ""
	}
	return ""
}

// depthStep is by how much headers stand further right than those above them.
func (d *Document) depthStep() string {
	for i := range d.sections[1:] {
		if d.indentOf(d.sections[i+1].line.start) != "" {
			return d.step()
		}
	}
	return ""
}

// insertLine writes a line, or several, at an offset where one begins, or at the
// end of the text.
func (d *Document) insertLine(at int, line string) []byte {
	if at > 0 && d.text[at-1] != '\n' {
		return d.splice(span{at, at}, d.newline()+line)
	}
	return d.splice(span{at, at}, line+d.newline())
}

// commentsEnd is where the comments end that begin at an offset and belong to
// what is before them: there is a blank line or nothing after them. Otherwise it
// is the offset.
func (d *Document) commentsEnd(offset int) int {
	for at := offset; ; {
		end := lineEnd(d.text, at)
		line := bytes.TrimSpace(d.text[at:end])
		if len(line) == 0 {
			return at
		}
		if line[0] != '#' {
			return offset
		}
		at = end
	}
}
