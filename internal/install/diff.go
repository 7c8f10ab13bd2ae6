package install

import (
	"bytes"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is what the plan changes, as a unified diff that patch(1) takes. It is
// empty if nothing is changed.
func (p Plan) Diff() []byte {
	var out bytes.Buffer
	for _, file := range p.Files {
		if !file.changes() {
			continue
		}
		before, after := file.Path, file.Path
		if file.Before == nil {
			before = "/dev/null"
		}
		if file.After == nil {
			after = "/dev/null"
		}
		text, note := diff.Diff(before, file.Before, after, file.After), ""
		switch {
		case file.isLink() && file.After != nil:
			text, note = nil, file.Path+" becomes a symbolic link to "+string(file.After)+"\n"
		case file.isLink():
			text, note = nil, file.Path+", a symbolic link to "+string(file.Before)+", is removed\n"
		case len(text) == 0 && file.After == nil:
			note = file.Path + ", which is empty, is removed\n"
		case len(text) == 0:
			note = file.Path + " is made, empty\n"
		}
		// The first line only repeats the names, as a command.
		if _, rest, ok := bytes.Cut(text, []byte{'\n'}); ok {
			text = rest
		}
		out.WriteString(note)
		out.Write(text)
	}
	return out.Bytes()
}
