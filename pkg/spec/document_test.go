package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", ``, "not valid JSON"},
		{"half a text", `{"mounts":[`, "not valid JSON"},
		{"text after the end", `{} {}`, "not valid JSON"},
		{"no object", `[]`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"not UTF-8", "{\"hostname\":\"\xff\"}", "not valid UTF-8"},
		{"a byte order mark", "\ufeff{}", "not valid JSON"},
		{"deep", `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, "nested deeper"},
		{"deep beyond the library's limit", `{"a":` + strings.Repeat("[", 200000) + strings.Repeat("]", 200000) + `}`, "nested deeper"},
		{"a key twice", `{"mounts":[],"mounts":[]}`, `key "mounts" is used twice`},
		{"a key twice, once escaped", `{"mounts":[],"\u006dounts":[]}`, `key "mounts" is used twice`},
		{"a key twice, deep in what nobody reads", `{"x":[{"y":{"a":1,"b":2,"a":3}}]}`, `key "a" is used twice`},
		{"a key twice in a large object", `{"annotations":{` + manyKeys(40) + `,"k3":"x"}}`, `key "k3" is used twice`},
		{"mounts of another type", `{"mounts":{}}`, "mounts: not an array"},
		{"a mount of another type", `{"mounts":["/"]}`, "mounts: element 0 is not an object"},
		{"options of another type", `{"mounts":[{"options":"rbind"}]}`, "mounts: element 0"},
		{"linux of another type", `{"linux":1}`, "linux: not an object"},
		{"rootfsPropagation of another type", `{"linux":{"rootfsPropagation":["private"]}}`, "rootfsPropagation"},
		{"root of another type", `{"root":"/"}`, "root: not an object"},
		{"root.path of another type", `{"root":{"path":1}}`, "root: path"},
		{"annotations of another type", `{"annotations":{"a":1}}`, "annotations"},
		{"another case", `{"Mounts":[]}`, `key "Mounts" is "mounts" in an unexpected spelling`},
		{"another case below linux", `{"linux":{"rootfspropagation":"private"}}`, "unexpected spelling"},
		{"another case in a mount", `{"mounts":[{"Options":["rbind"]}]}`, "unexpected spelling"},
		{"another case by Unicode folding", `{"mountſ":[]}`, "unexpected spelling"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse([]byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one that says %q", err, test.want)
			}
		})
	}
}

// TestParseAccepts has what is unusual and means the same to every parser.
func TestParseAccepts(t *testing.T) {
	for _, test := range []struct{ name, text string }{
		{"an empty object", `{}`},
		{"space everywhere", " \t\r\n{ \"a\" : [ 1 , { } , [ ] ] , \"mounts\" : [ ] }\n "},
		{"as deep as may be", `{"a":` + strings.Repeat("[", 999) + strings.Repeat("]", 999) + `}`},
		{"the same key in two objects", `{"a":{"k":1},"b":{"k":2},"c":[{"k":3},{"k":4}]}`},
		{"the same key in an object and in one inside it", `{"a":{"b":1},"b":[{"a":2}]}`},
		{"keys that differ in case where nothing reads them", `{"annotations":{"A":"1","a":"2"}}`},
		{"a large object", `{"annotations":{` + manyKeys(200) + `}}`},
		{"brackets and quotes in strings", `{"a":"}]\"[{","b":"\\"}`},
		{"nulls", `{"mounts":null,"linux":null,"annotations":null}`},
		{"null inside", `{"mounts":[null,{"options":null,"source":null}],"linux":{"rootfsPropagation":null}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Parse([]byte(test.text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRootPath(t *testing.T) {
	for text, want := range map[string]string{
		`{"root":{"path":"root\u0066s","readonly":true}}`: "rootfs",
		`{"root":{}}`:   "",
		`{"root":null}`: "",
		`{}`:            "",
	} {
		d, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.RootPath(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestRecursiveSources(t *testing.T) {
	d, err := Parse([]byte(`{"mounts":[
		{"source":"/b","options":["rbind"]}, {"source":"/a","options":["bind"]},
		{"source":"/\u0063","options":["ro","rbind"]}, {"source":"/b","options":["rbind"]},
		{"source":"proc","type":"proc"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.RecursiveSources(), []string{"/b", "/c"}; !slices.Equal(got, want) {
		t.Errorf("sources %q, want %q", got, want)
	}
}

func manyKeys(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":"v"`, i)
	}
	return strings.Join(members, ",")
}
