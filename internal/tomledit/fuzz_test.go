package tomledit

import (
	"errors"
	"strings"
	"testing"
)

// FuzzEdit sets a value in any document and removes it again: there is never a
// document that can be read and not be changed, and nothing else changes.
func FuzzEdit(f *testing.F) {
	for _, text := range []string{
		"", "a = 1\n", "a.b = {c = 1, d.e = [{x = 1}]}", "[a]\n  b.c = '''\n'''\n\n# c\n[a.d]\n[[a.e]]\n[a.e.f]\n",
		"[a.b]\r\nc = 1\r\n[a]\r\nk = {\n x = 1, # y\n}\r\n", "\"\" = nan\n'a b'.\"c\\td\" = 1979-05-27 07:32:00Z\n", "# x\n\n[\"a\" . b ]#c\n",
	} {
		for _, path := range []string{"a", "a/b", "a/b/c", "a/e/f/g", "a/d/x", "", "x/y/z"} {
			f.Add(text, path, "v")
		}
	}
	f.Fuzz(func(t *testing.T, text, joined, value string) {
		// Decoding many levels again and again is slow, and tells nothing new.
		if len(text) > 4096 || strings.Count(joined, "/") > 8 {
			return
		}
		d, err := Parse([]byte(text))
		if err != nil {
			return
		}
		before, path := d.values, strings.Split(joined, "/")
		_, there := d.Get(path...)
		if err := d.Set(value, path...); err != nil {
			requireMeant(t, err)
			return
		}
		if got, _ := d.Get(path...); got != value {
			t.Fatalf("there is %v in\n%s", got, d.Bytes())
		}
		if removed, err := d.Remove(path...); !removed || err != nil {
			t.Fatalf("it is not removed: %v, %v", removed, err)
		}
		if !there && !same(d.values, before) {
			t.Fatalf("it was\n%s\nand is\n%s", text, d.Bytes())
		}
		if _, err := d.Remove(path[0]); err != nil {
			t.Fatalf("the table is not removed: %v", err)
		}
	})
}

// requireMeant fails on an error that is not about what was asked for.
func requireMeant(t *testing.T, err error) {
	t.Helper()
	for _, meant := range []string{"is not a table", "is not a value", "is not a text"} {
		if strings.Contains(err.Error(), meant) && !errors.Is(err, errOther) {
			return
		}
	}
	t.Fatal(err)
}
