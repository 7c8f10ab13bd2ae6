package spec

import (
	"bytes"
	"slices"
)

// Edit returns the specification's text with the decisions carried out. Every
// byte that no decision is about stays where and what it was. If nothing
// changes, the result is the text that was parsed.
func (d *Document) Edit(decisions []Decision) []byte {
	var edits []replacement
	for _, decision := range decisions {
		switch {
		case decision.Action != ActionRewrite:
		case decision.mount < 0:
			edits = append(edits, d.replaceRootfsPropagation(decision.After[0]))
		default:
			options := d.mounts[decision.mount].options
			edits = append(edits, replacement{options, d.replaceOptions(options, decision.After)})
		}
	}
	if len(edits) == 0 {
		return d.data
	}
	slices.SortFunc(edits, func(a, b replacement) int { return a.start - b.start })

	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		out.Write(d.data[done:e.start])
		out.WriteString(e.text)
		done = e.end
	}
	out.Write(d.data[done:])
	return out.Bytes()
}

type replacement struct {
	span
	text string
}

// replaceOptions writes an options array in which the propagation options are
// replaced by the last of after. The other options keep the text they have,
// escapes included.
func (d *Document) replaceOptions(array span, after []string) string {
	var out bytes.Buffer
	out.WriteByte('[')
	for _, e := range elements(d.data, array) {
		if !isPropagation(decodeString(e.of(d.data))) {
			out.Write(e.of(d.data))
			out.WriteByte(',')
		}
	}
	// Propagation options are plain words: they need no escaping.
	out.WriteString(`"` + after[len(after)-1] + `"]`)
	return out.String()
}

func (d *Document) replaceRootfsPropagation(value string) replacement {
	member := `"rootfsPropagation":"` + value + `"`
	switch {
	case d.propagation != nil:
		return replacement{*d.propagation, `"` + value + `"`}
	case d.linux != nil:
		return d.insertMember(*d.linux, member)
	case d.linuxNull != nil:
		return replacement{*d.linuxNull, "{" + member + "}"}
	default:
		return d.insertMember(d.top, `"linux":{`+member+`}`)
	}
}

// insertMember puts a member at the beginning of an object.
func (d *Document) insertMember(object span, member string) replacement {
	at := object.start + 1
	if first := skipSpace(d.data, at); d.data[first] != '}' {
		member += ","
	}
	return replacement{span{at, at}, member}
}
