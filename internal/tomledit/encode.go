package tomledit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Key is a path as a dotted key of TOML, with quotes where they are needed.
func Key(path ...string) string {
	keys := make([]string, len(path))
	for i, key := range path {
		keys[i] = encodeKey(key)
	}
	return strings.Join(keys, ".")
}

func encodeKey(key string) string {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool {
		bare := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
		return !bare
	}) {
		return encodeString(key)
	}
	return key
}

// encode writes a value as TOML has it.
func encode(value any) (string, error) {
	switch value := value.(type) {
	case string:
		if !utf8.ValidString(value) {
			return "", &EditError{fmt.Errorf("%q is not a text", value)}
		}
		return encodeString(value), nil
	case bool:
		return strconv.FormatBool(value), nil
	case int64:
		return strconv.FormatInt(value, 10), nil
	case float64:
		return encodeFloat(value), nil
	case []any:
		items := make([]string, len(value))
		for i := range value {
			var err error
			if items[i], err = encode(value[i]); err != nil {
				return "", err
			}
		}
		return "[" + strings.Join(items, ", ") + "]", nil
	default:
		return "", &EditError{fmt.Errorf("a value of type %T cannot be written", value)}
	}
}

func encodeString(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&out, `\u%04X`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

func encodeFloat(value float64) string {
	switch {
	case math.IsNaN(value):
		return "nan"
	case math.IsInf(value, 0):
		return strings.ToLower(strconv.FormatFloat(value, 'f', -1, 64)) // +inf, -inf
	}
	text := strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
