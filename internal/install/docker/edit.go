package docker

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/tailscale/hujson"
)

// member is a member of a JSON object to be written: the value is a string, a
// []string or a []member.
type member struct {
	name  string
	value any
}

// set makes a member of the document have a value, in place of the one it has
// or at the end of the object it belongs to, in the manner in which that object
// is written. The object has to be there.
func (d *document) set(value any, path ...string) error {
	in, at := d.find(path...)
	name := path[len(path)-1]
	if at >= 0 {
		old := in.Members[at]
		return d.splice(old.Value.StartOffset, old.Value.EndOffset, d.render(value, string(old.Name.BeforeExtra)))
	}
	if n := len(in.Members); n > 0 {
		last := in.Members[n-1]
		before := string(last.Name.BeforeExtra)
		if n == 1 && !strings.Contains(before, "\n") && before == "" && d.colon() != ":" {
			before = " " // {"a": 1} has a space behind the colon, and then behind the comma
		}
		return d.splice(last.Value.EndOffset, last.Value.EndOffset, ","+before+quote(name)+d.colon()+d.render(value, before))
	}
	before, after := d.inside(path)
	start := d.startOf(path[:len(path)-1]) + 1
	end := start + len(in.AfterExtra)
	return d.splice(start, end, before+quote(name)+d.colon()+d.render(value, before)+after)
}

// remove takes a member away, with the comma that is too many then.
func (d *document) remove(path ...string) error {
	in, at := d.find(path...)
	if at < 0 {
		return nil
	}
	old := in.Members[at]
	switch {
	case at > 0:
		return d.splice(in.Members[at-1].Value.EndOffset, old.Value.EndOffset, "")
	case len(in.Members) > 1:
		return d.splice(old.Name.StartOffset, in.Members[1].Name.StartOffset, "")
	default:
		start := old.Name.StartOffset - len(old.Name.BeforeExtra)
		return d.splice(start, old.Value.EndOffset+len(old.Value.AfterExtra)+len(in.AfterExtra), "")
	}
}

func (d *document) splice(start, end int, with string) error {
	text := append([]byte{}, d.text[:start]...)
	text = append(text, with...)
	d.text = append(text, d.text[end:]...)
	return d.outline()
}

// startOf is where an object begins.
func (d *document) startOf(path []string) int {
	if len(path) == 0 {
		return d.root.StartOffset
	}
	in, at := d.find(path...)
	return in.Members[at].Value.StartOffset
}

// inside is the space before and after the first member of an object that has
// none yet: a line of its own, if the document has lines.
func (d *document) inside(path []string) (before, after string) {
	newline := "\n"
	if bytes.Contains(d.text, []byte("\r\n")) {
		newline = "\r\n"
	}
	if len(path) == 1 {
		return newline + d.indent(), newline
	}
	in, at := d.find(path[:len(path)-1]...)
	outer := string(in.Members[at].Name.BeforeExtra)
	if !strings.Contains(outer, "\n") {
		return "", ""
	}
	return outer + d.indent(), outer
}

// render writes a value that stands behind some space and a name. It has lines
// if the name begins one.
func (d *document) render(value any, before string) string {
	switch value := value.(type) {
	case []member:
		inner, between, after := "", ",", ""
		if strings.Contains(before, "\n") {
			line := before[strings.LastIndexByte(before, '\n')+1:]
			newline := "\n"
			if strings.Contains(before, "\r\n") {
				newline = "\r\n"
			}
			inner, after = newline+line+d.indent(), newline+line
		} else if d.colon() != ":" {
			between = ", "
		}
		var items []string
		for _, m := range value {
			items = append(items, inner+quote(m.name)+d.colon()+d.render(m.value, inner))
		}
		return "{" + strings.Join(items, between) + after + "}"
	case []string:
		var items []string
		for _, s := range value {
			items = append(items, quote(s))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case string:
		return quote(value)
	default:
		panic("a value of no kind that is written")
	}
}

// indent is what one level is indented by.
func (d *document) indent() string {
	if members := object(&d.root).Members; len(members) > 0 {
		before := members[0].Name.BeforeExtra
		if i := bytes.LastIndexByte(before, '\n'); i >= 0 {
			return string(before[i+1:])
		}
	}
	return "    "
}

// colon is what stands between a name and its value.
func (d *document) colon() string {
	members := object(&d.root).Members
	if len(members) == 0 {
		return ": "
	}
	return between(members[0])
}

func between(m hujson.ObjectMember) string {
	colon := string(m.Name.AfterExtra) + ":" + string(m.Value.BeforeExtra)
	if strings.Contains(colon, "\n") {
		return ": "
	}
	return colon
}

func quote(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err) // a string is always encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
