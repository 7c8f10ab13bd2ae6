package docker

import (
	"strings"
	"testing"
)

func TestMalformed(t *testing.T) {
	for text, want := range map[string]string{
		"{\n  \"debug\": true,\n}":              ":3:1: not JSON as dockerd reads it",
		"{\n  // of ours\n  \"debug\": true\n}": ":2:3: not JSON as dockerd reads it",
		"{\n  \"debug\": true\n  \"x\": 1\n}":   ":3:3: not JSON as dockerd reads it",
		"{\"debug\": tru":                       ":1:",
		"\ufeff{}":                              ":1:1: a byte order mark",
		"{}\x00":                                ":1:3: not JSON",
		"{\"a\": \"\x00\"}":                     ":1:8: not JSON",
		"{\n\"a\": \"\xff\"}":                   ":2:7: a byte that is not UTF-8",
		"[]":                                    ":1:1: not a JSON object",
		"null":                                  ":1:1: not a JSON object",
		"{} {}":                                 ":1:4: not JSON",
		"{\"a\": 1,\n \"a\": 2}":                ":2:2: the key \"a\" for the second time",
		"{\"runtimes\": {\"x\": {},\n\"x\": {}}}":           ":2:1: the key \"x\" for the second time",
		"{\"runtimes\": []}":                                ": runtimes is to be a",
		"{\"runtimes\": {\n\"x\": \"/usr/bin/x\"}}":         ":2:",
		"{\n\"default-runtime\": 1}":                        ":2:",
		strings.Repeat("[", 20000) + strings.Repeat("]", 1): ":1:",
	} {
		_, _, err := readSettings("/etc/docker/daemon.json", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "/etc/docker/daemon.json:") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: error %v, want %s", text, err, want)
		}
	}
}

func TestSet(t *testing.T) {
	entry := []member{{"path", "/u"}, {"runtimeArgs", []string{"--a", "<b>"}}}
	for name, test := range map[string]struct{ before, after string }{
		"nothing":    {"", "{\n    \"runtimes\": {\n        \"unbusy\": {\n            \"path\": \"/u\",\n            \"runtimeArgs\": [\"--a\", \"<b>\"]\n        }\n    }\n}\n"},
		"space":      {" \n", "{\n    \"runtimes\": {\n        \"unbusy\": {\n            \"path\": \"/u\",\n            \"runtimeArgs\": [\"--a\", \"<b>\"]\n        }\n    }\n}\n"},
		"no members": {"{}", "{\n    \"runtimes\": {\n        \"unbusy\": {\n            \"path\": \"/u\",\n            \"runtimeArgs\": [\"--a\", \"<b>\"]\n        }\n    }\n}"},
		"two blanks": {"{\n  \"debug\": true\n}\n", "{\n  \"debug\": true,\n  \"runtimes\": {\n    \"unbusy\": {\n      \"path\": \"/u\",\n      \"runtimeArgs\": [\"--a\", \"<b>\"]\n    }\n  }\n}\n"},
		"tabs":       {"{\n\t\"debug\" : true\n}", "{\n\t\"debug\" : true,\n\t\"runtimes\" : {\n\t\t\"unbusy\" : {\n\t\t\t\"path\" : \"/u\",\n\t\t\t\"runtimeArgs\" : [\"--a\", \"<b>\"]\n\t\t}\n\t}\n}"},
		"CRLF":       {"{\r\n  \"debug\": true\r\n}\r\n", "{\r\n  \"debug\": true,\r\n  \"runtimes\": {\r\n    \"unbusy\": {\r\n      \"path\": \"/u\",\r\n      \"runtimeArgs\": [\"--a\", \"<b>\"]\r\n    }\r\n  }\r\n}\r\n"},
		"minified":   {`{"debug":true}`, `{"debug":true,"runtimes":{"unbusy":{"path":"/u","runtimeArgs":["--a", "<b>"]}}}`},
		"one line":   {`{"debug": true, "x": 1e+03}`, `{"debug": true, "x": 1e+03, "runtimes": {"unbusy": {"path": "/u", "runtimeArgs": ["--a", "<b>"]}}}`},
		"others": {
			"{\n  \"runtimes\": {\n    \"nvidia\": {\"path\": \"/n\", \"unknown\": 1e5}\n  },\n  \"z\": \"\\u00e9\"\n}\n",
			"{\n  \"runtimes\": {\n    \"nvidia\": {\"path\": \"/n\", \"unknown\": 1e5},\n    \"unbusy\": {\n      \"path\": \"/u\",\n      \"runtimeArgs\": [\"--a\", \"<b>\"]\n    }\n  },\n  \"z\": \"\\u00e9\"\n}\n",
		},
		"others on a line": {
			"{\n  \"runtimes\": {\"nvidia\": {\"path\": \"/n\"}}\n}\n",
			"{\n  \"runtimes\": {\"nvidia\": {\"path\": \"/n\"}, \"unbusy\": {\"path\": \"/u\", \"runtimeArgs\": [\"--a\", \"<b>\"]}}\n}\n",
		},
		"no others": {
			"{\n  \"runtimes\": {}\n}\n",
			"{\n  \"runtimes\": {\n    \"unbusy\": {\n      \"path\": \"/u\",\n      \"runtimeArgs\": [\"--a\", \"<b>\"]\n    }\n  }\n}\n",
		},
		"null": {
			"{\"debug\": true, \"runtimes\": null}\n",
			"{\"debug\": true, \"runtimes\": {\"unbusy\": {\"path\": \"/u\", \"runtimeArgs\": [\"--a\", \"<b>\"]}}}\n",
		},
		"there already": {
			"{\n  \"runtimes\": {\n    \"unbusy\": { \"path\": \"old\" },\n    \"y\": {}\n  }\n}\n",
			"{\n  \"runtimes\": {\n    \"unbusy\": {\n      \"path\": \"/u\",\n      \"runtimeArgs\": [\"--a\", \"<b>\"]\n    },\n    \"y\": {}\n  }\n}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			doc, have, err := readSettings("f", []byte(test.before))
			if err != nil {
				t.Fatal(err)
			}
			if have.Runtimes == nil {
				err = doc.set([]member{{"unbusy", entry}}, "runtimes")
			} else {
				err = doc.set(entry, "runtimes", "unbusy")
			}
			if err != nil || string(doc.text) != test.after {
				t.Errorf("%v\n%s\nwant\n%s", err, doc.text, test.after)
			}
			if _, have, err = readSettings("f", doc.text); err != nil || have.Runtimes["unbusy"].Path != "/u" || len(have.Runtimes["unbusy"].Args) != 2 {
				t.Errorf("it is read as %v, %v", have, err)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	for before, after := range map[string]string{
		"{\n  \"a\": 1,\n  \"x\": 2,\n  \"b\": 3\n}\n": "{\n  \"a\": 1,\n  \"b\": 3\n}\n",
		"{\n  \"x\": 2,\n  \"b\": 3\n}\n":              "{\n  \"b\": 3\n}\n",
		"{\n  \"a\": 1 ,\n  \"x\": {\"y\": []}\n}\n":   "{\n  \"a\": 1\n}\n",
		"{\n  \"x\": 2\n}\n":                           "{}\n",
		`{"x":1}`:                                      `{}`,
		`{"a":1,"x":1}`:                                `{"a":1}`,
		`{"a":{"x":1}}`:                                `{"a":{"x":1}}`,
	} {
		doc, err := parse("f", []byte(before))
		if err == nil {
			err = doc.remove("x")
		}
		if err != nil || string(doc.text) != after {
			t.Errorf("%q becomes %q, %v; want %q", before, doc.text, err, after)
		}
	}
}
