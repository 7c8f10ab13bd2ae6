package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

const (
	// maxDepth bounds the nesting of a specification. Real ones nest seven
	// levels deep.
	maxDepth = 1000
	// linearKeys is the size up to which an object's keys are compared one by
	// one; a larger object pays for a map.
	linearKeys = 16
)

var (
	errNotUTF8 = errors.New("not valid UTF-8")
	errNotJSON = errors.New("not valid JSON")
	errTooDeep = fmt.Errorf("nested deeper than %d levels", maxDepth)
)

// span is the byte range [start, end) of one JSON value.
type span struct{ start, end int }

func (s span) of(data []byte) []byte { return data[s.start:s.end] }

// checkJSON refuses texts that the runtimes' parsers are known to read
// differently: they disagree on duplicate keys (the last wins in Go, the first in others)
// and on bytes that are no UTF-8 (Go replaces them, yajl refuses), so a
// decision taken from such a text could be about another container than the
// one that starts.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errNotUTF8
	}
	// Depth comes first: encoding/json has a limit of its own and calls what
	// is above it a syntax error.
	if err := CheckDepth(data); err != nil {
		return err
	}
	if !json.Valid(data) {
		return errNotJSON
	}
	c := checker{data: data}
	_, err := c.value(skipSpace(data, 0))
	return err
}

// CheckDepth refuses a JSON text that is nested deeper than any specification. A
// parser that recurses and has no limit of its own (gjson) would end the process
// over it: Go's runtime lets nobody recover from a stack that has become too large.
// What else is wrong with the text is not looked at.
func CheckDepth(data []byte) error {
	if deeperThan(data, maxDepth) {
		return errTooDeep
	}
	return nil
}

func deeperThan(data []byte, limit int) bool {
	// Real ones have fewer brackets than that in all. To count those takes a fiftieth
	// of the time, and this is asked whenever something is done with a container.
	if bytes.Count(data, []byte{'{'})+bytes.Count(data, []byte{'['}) <= limit {
		return false
	}
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// checker walks valid JSON once and finds objects that use a key twice.
type checker struct {
	data []byte
	keys []string // of all objects that are open, innermost last
}

// value checks the value that begins at i and returns the offset after it.
func (c *checker) value(i int) (int, error) {
	switch c.data[i] {
	case '{':
		return c.object(i)
	case '[':
		i = skipSpace(c.data, i+1)
		for c.data[i] != ']' {
			end, err := c.value(i)
			if err != nil {
				return 0, err
			}
			i = nextItem(c.data, end)
		}
		return i + 1, nil
	default:
		return skipValue(c.data, i), nil
	}
}

func (c *checker) object(i int) (int, error) {
	first := len(c.keys)
	defer func() { c.keys = c.keys[:first] }()
	var seen map[string]struct{}

	i = skipSpace(c.data, i+1)
	for c.data[i] != '}' {
		end := skipString(c.data, i)
		key := decodeString(c.data[i:end])
		if c.used(first, &seen, key) {
			return 0, fmt.Errorf("key %.100q is used twice in one object", key)
		}
		c.keys = append(c.keys, key)

		end, err := c.value(skipColon(c.data, end))
		if err != nil {
			return 0, err
		}
		i = nextItem(c.data, end)
	}
	return i + 1, nil
}

func (c *checker) used(first int, seen *map[string]struct{}, key string) bool {
	own := c.keys[first:]
	if len(own) <= linearKeys {
		for _, k := range own {
			if k == key {
				return true
			}
		}
		return false
	}
	if *seen == nil {
		*seen = make(map[string]struct{}, 2*len(own))
		for _, k := range own {
			(*seen)[k] = struct{}{}
		}
	}
	_, twice := (*seen)[key]
	(*seen)[key] = struct{}{}
	return twice
}

// The functions below assume valid JSON.

// members calls visit for each member of the object at obj.
func members(data []byte, obj span, visit func(key string, value span) error) error {
	i := skipSpace(data, obj.start+1)
	for data[i] != '}' {
		end := skipString(data, i)
		key := decodeString(data[i:end])
		start := skipColon(data, end)
		end = skipValue(data, start)
		if err := visit(key, span{start, end}); err != nil {
			return err
		}
		i = nextItem(data, end)
	}
	return nil
}

// elements returns the elements of the array at arr.
func elements(data []byte, arr span) []span {
	var all []span
	i := skipSpace(data, arr.start+1)
	for data[i] != ']' {
		end := skipValue(data, i)
		all = append(all, span{i, end})
		i = nextItem(data, end)
	}
	return all
}

func isNull(data []byte, v span) bool { return bytes.Equal(v.of(data), []byte("null")) }

// skipValue returns the offset after the value that begins at i.
func skipValue(data []byte, i int) int {
	switch data[i] {
	case '"':
		return skipString(data, i)
	case '{', '[':
		depth := 0
		for {
			switch data[i] {
			case '"':
				i = skipString(data, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			i++
			if depth == 0 {
				return i
			}
		}
	default:
		for i < len(data) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(data[i])) {
			i++
		}
		return i
	}
}

// skipString returns the offset after the string that begins at i.
func skipString(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\n' || data[i] == '\r') {
		i++
	}
	return i
}

// skipColon returns where a member's value begins, given the end of its key.
func skipColon(data []byte, i int) int {
	return skipSpace(data, skipSpace(data, i)+1)
}

// nextItem returns where the next element or member begins, or the offset of
// the closing bracket, given the end of the previous one.
func nextItem(data []byte, i int) int {
	if i = skipSpace(data, i); data[i] == ',' {
		i = skipSpace(data, i+1)
	}
	return i
}

// decodeText returns a value that has to be a string or null.
func decodeText(data []byte, v span) (string, error) {
	if isNull(data, v) {
		return "", nil
	}
	if data[v.start] != '"' {
		return "", fmt.Errorf("no string but %.100s", v.of(data))
	}
	return decodeString(v.of(data)), nil
}

// decodeTexts returns the elements of an array of strings, which may be absent.
func decodeTexts(data []byte, v *span) ([]string, error) {
	if v == nil || isNull(data, *v) {
		return nil, nil
	}
	if data[v.start] != '[' {
		return nil, fmt.Errorf("no array but %.100s", v.of(data))
	}
	var texts []string
	for _, e := range elements(data, *v) {
		text, err := decodeText(data, e)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// decodeString returns the text of a JSON string, given with its quotes.
func decodeString(quoted []byte) string {
	if !bytes.ContainsRune(quoted, '\\') {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	// A valid JSON string decodes; were it not to, its quoted form would stay
	// what is compared.
	if err := json.Unmarshal(quoted, &s); err != nil {
		return string(quoted)
	}
	return s
}
