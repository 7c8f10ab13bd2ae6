package tomledit

import (
	"errors"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// runtimes is the path of containerd's runtimes in its version 2.
var runtimes = []string{"plugins", "io.containerd.grpc.v1.cri", "containerd", "runtimes"}

func at(path ...string) []string { return append(append([]string(nil), runtimes...), path...) }

func TestSet(t *testing.T) {
	const cri = `plugins."io.containerd.grpc.v1.cri"`
	for _, test := range []struct {
		name, before string
		path         []string
		value        any
		after        string
	}{
		{"in place", "a = 1 # one\nb = 2\n", []string{"a"}, int64(3), "a = 3 # one\nb = 2\n"},
		{"the same", "a = 0x10 # sixteen\n", []string{"a"}, int64(16), "a = 0x10 # sixteen\n"},
		{"several lines in place", "a = [\n  1, # one\n]\nb = 2\n", []string{"a"}, []any{"x", true, 1.5}, "a = [\"x\", true, 1.5]\nb = 2\n"},
		{"a dotted key in place", "a . 'b' .c='x'#y", []string{"a", "b", "c"}, "z", `a . 'b' .c="z"#y`},
		{"a multi-line string in place", "[t]\na = '''\n[t]\nb = 1'''\nb = 2\n", []string{"t", "b"}, int64(3), "[t]\na = '''\n[t]\nb = 1'''\nb = 3\n"},
		{"an inline table in place", "a = {b = {c = 'x'}, d = 1}\n", []string{"a", "b", "c"}, "y", "a = {b = {c = \"y\"}, d = 1}\n"},
		{"into an inline table", "a = { b = { c = 1 } } # x\n", []string{"a", "b", "d"}, true, "a = { b = { c = 1, d = true } } # x\n"},
		{"into an empty inline table", "a = {}\n", []string{"a", "b"}, true, "a = {b = true}\n"},
		{"into a table in an inline table", "a = {b.c = 1}\n", []string{"a", "b", "d"}, true, "a = {b.c = 1, b.d = true}\n"},
		{"to a section", "[a]\n\tb = 1 # one\n\n# on c\n[c]\n", []string{"a", "d"}, "x", "[a]\n\tb = 1 # one\n\td = \"x\"\n\n# on c\n[c]\n"},
		{"to a section without keys", "[a]\n[c]\n    d = 1\n", []string{"a", "b"}, "x", "[a]\n    b = \"x\"\n[c]\n    d = 1\n"},
		{"no newline at the end", "[a]\nb = 1", []string{"a", "c"}, "x", "[a]\nb = 1\nc = \"x\""},
		{"carriage returns", "[a]\r\nb = 1\r\n", []string{"c", "k"}, "x", "[a]\r\nb = 1\r\n\r\n[c]\r\nk = \"x\"\r\n"},
		{"an empty document", "", []string{"a", "b"}, "x", "[a]\nb = \"x\"\n"},
		{"first of the root's", "# mine\n\n# on a\n[a]\n", []string{"version"}, int64(2), "# mine\nversion = 2\n\n# on a\n[a]\n"},
		{"first of the root's, before a comment on the table", "# on a\n[a]\n", []string{"version"}, int64(2), "version = 2\n# on a\n[a]\n"},
		{"another of the root's", "version = 2\n[a]\n", []string{"b"}, "x", "version = 2\nb = \"x\"\n[a]\n"},
		{"beside a dotted key", "[a]\nb.c.d = 1\ne = 2\n", []string{"a", "b", "c", "f"}, "x", "[a]\nb.c.d = 1\nb.c.f = \"x\"\ne = 2\n"},
		{"around a dotted key", "a.b.c = 1\n[e]\n", []string{"a", "f", "g"}, "x", "a.b.c = 1\na.f.g = \"x\"\n[e]\n"},
		{
			"beside the nearest dotted key", "[a]\nb.c.d = 1\nb.e = 1\n", []string{"a", "b", "c", "f"}, "x",
			"[a]\nb.c.d = 1\nb.c.f = \"x\"\nb.e = 1\n",
		},
		{
			"deeper by tabs", "[a]\n\t[a.b]\n\t\tc = 1\n", []string{"a", "b", "d", "k"}, "x",
			"[a]\n\t[a.b]\n\t\tc = 1\n\n\t\t[a.b.d]\n\t\t\tk = \"x\"\n",
		},
		{"after an array of tables", "[[a.b]]\nc = 1\n[[a.b]]\n[z]\n", []string{"a", "d", "e"}, "x", "[[a.b]]\nc = 1\n[[a.b]]\n\n[a.d]\ne = \"x\"\n[z]\n"},
		{
			"a header is nearer than a dotted key", "[a]\nb.c = 1\n[a.b.d]\ne = 1\n",
			[]string{"a", "b", "d", "f", "g"},
			"x", "[a]\nb.c = 1\n[a.b.d]\ne = 1\n\n[a.b.d.f]\ng = \"x\"\n",
		},
		{
			"a table after its relatives, as they are indented and spelt",
			"[plugins]\n  [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes]\n    [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\n" +
				"      a = 1\n      [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\n        b = 1\n        # c = 1\n\n  # on x\n  [plugins.x]\n",
			at("unbusy", "runtime_type"), "t",
			"[plugins]\n  [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes]\n    [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\n" +
				"      a = 1\n      [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\n        b = 1\n        # c = 1\n" +
				"\n    [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.unbusy]\n      runtime_type = \"t\"\n\n  # on x\n  [plugins.x]\n",
		},
		{
			"a table deeper than its relative, with no indented headers", "version = 2\n[" + cri + "]\n  a = 1\n# on b\n[b]\n", at("a.b", "c"), "x",
			"version = 2\n[" + cri + "]\n  a = 1\n\n[" + cri + ".containerd.runtimes.\"a.b\"]\n  c = \"x\"\n# on b\n[b]\n",
		},
		{"a table that is there by the ones below", "[a.b.c]\nk = 1\n", []string{"a", "b", "e"}, "x", "[a.b.c]\nk = 1\n\n[a.b]\ne = \"x\"\n"},
		{"past arrays of tables", "[[a]]\nb = 1\n[a.c]\nb = 1\n[d]\nb = 1\n", []string{"d", "c"}, "x", "[[a]]\nb = 1\n[a.c]\nb = 1\n[d]\nb = 1\nc = \"x\"\n"},
		{"escapes", "", []string{"a\n\"b"}, "\\\x01\u007f\tü", `"a\u000A\"b" = "\\\u0001\u007F\u0009ü"` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := parse(t, test.before)
			if err := d.Set(test.value, test.path...); err != nil {
				t.Fatal(err)
			}
			if got := string(d.Bytes()); got != test.after {
				t.Fatalf("it is\n%s\nwant\n%s", got, test.after)
			}
			if value, found := d.Get(test.path...); !found || !same(value, test.value) {
				t.Errorf("there is %v, %v", value, found)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	for _, test := range []struct {
		name, before string
		path         []string
		value        any
		want         string
	}{
		{"no path", "a = 1\n", nil, "x", "a table is not a value"},
		{"a table", "[a]\nb = 1\n", []string{"a"}, "x", "a table is not a value"},
		{"an array of tables", "[[ a]]\nb = 1\n", []string{"a"}, "x", "a table is not a value"},
		{"through a value", "a = 1\n", []string{"a", "b"}, "x", "a is not a table"},
		{"through an array of tables", "[[a.\"b c\"]]\nk = 1\n", []string{"a", "b c", "k"}, "x", `a."b c" is not a table`},
		{"another type", "", []string{"a"}, struct{}{}, "cannot be written"},
		{"no key", "", []string{"a", "\xff"}, "x", "is not a text"},
		{"no text", "", []string{"a"}, []any{"\xff"}, "is not a text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := parse(t, test.before)
			err := d.Set(test.value, test.path...)
			var edit *EditError
			if !errors.As(err, &edit) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
			if got := string(d.Bytes()); got != test.before {
				t.Errorf("it is now %q", got)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	for _, test := range []struct {
		name, before string
		path         []string
		after        string
	}{
		{"nothing", "a = 1\n", []string{"b"}, "a = 1\n"},
		{"the document", "a = 1\n", nil, "a = 1\n"},
		{"through an array of tables", "[[a]]\n[a.b]\nc = 1\n", []string{"a", "b"}, "[[a]]\n[a.b]\nc = 1\n"},
		{"a key with its comment", "# on a\na = [\n1] # one\nb = 2\n", []string{"a"}, "# on a\nb = 2\n"},
		{"the last line", "b = 2\na = 1", []string{"a"}, "b = 2\n"},
		{"a dotted key", "[t]\na.b = 1\na.c = 2\n", []string{"t", "a", "b"}, "[t]\na.c = 2\n"},
		{"a table of dotted keys", "[t]\na.b = 1\nk = 1\na.c = 2\n", []string{"t", "a"}, "[t]\nk = 1\n"},
		{"the only one of an inline table", "a = { b = 1 }\n", []string{"a", "b"}, "a = {  }\n"},
		{"the first of an inline table", "a = { b = 1, c = 2 }\n", []string{"a", "b"}, "a = { c = 2 }\n"},
		{"the last of an inline table", "a = { b = 1, c = {d = 2} }\n", []string{"a", "c"}, "a = { b = 1 }\n"},
		{"several of an inline table", "a = { b.c = 1, b.d = 2, e = 3, b.f = 4 }\n", []string{"a", "b"}, "a = { e = 3 }\n"},
		{"the only one, with a comma", "a = { b = 1 # one\n , }\n", []string{"a", "b"}, "a = {  }\n"},
		{"all of an inline table", "a = { b.c = 1, b.d = 2 }\n", []string{"a", "b"}, "a = {  }\n"},
		{
			"a table and what is below", "[a]\nb = 1\n\n[a.c]\n# comment\nk = 1\n\n\n[a.c.e]\nf = 1\n\n# on g\n[g]\n[a.c.h]\n",
			[]string{"a", "c"}, "[a]\nb = 1\n\n\n# on g\n[g]\n",
		},
		{"an array of tables", "x = 1\n[[a.b]]\nc = 1\n[a.b.d]\n[[a.b]]\n[e]\n", []string{"a", "b"}, "x = 1\n[e]\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := parse(t, test.before)
			removed, err := d.Remove(test.path...)
			if err != nil {
				t.Fatal(err)
			}
			if removed != (test.before != test.after) {
				t.Errorf("something was removed: %v", removed)
			}
			if got := string(d.Bytes()); got != test.after {
				t.Errorf("it is\n%s\nwant\n%s", got, test.after)
			}
		})
	}
}

// TestParseTells wants the place of a mistake.
func TestParseTells(t *testing.T) {
	for text, line := range map[string]int{"a = 1\nb = \n": 2, "a = 1\n[b]\n[b]\n": 3, "[a\n": 1, "\xff": 1} {
		_, err := Parse([]byte(text))
		var decode *toml.DecodeError
		if !errors.As(err, &decode) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, _ := decode.Position(); got != line {
			t.Errorf("%q: the mistake is in line %d, want %d", text, got, line)
		}
	}
}

// TestBecome has a text that would say something else.
func TestBecome(t *testing.T) {
	d := parse(t, "a = 1\n")
	for _, text := range []string{"a = 2\n", "a = 1\nb = 1\n", "a = \n"} {
		var edit *EditError
		if err := d.become([]byte(text), map[string]any{"a": int64(1)}); !errors.As(err, &edit) || string(d.Bytes()) != "a = 1\n" {
			t.Errorf("the document became %q, %v", d.Bytes(), err)
		}
	}
}

func TestGet(t *testing.T) {
	d := parse(t, "a.b = 'x'\n[c]\nk = 1\n")
	if d.String("a", "b") != "x" || d.String("c", "k") != "" || d.String("a", "b", "c") != "" {
		t.Error("the strings are others")
	}
	if len(d.Table()) != 2 || len(d.Table("c")) != 1 || d.Table("a", "b") != nil {
		t.Error("the tables are others")
	}
}

func parse(t *testing.T, text string) *Document {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
