package tomledit

import (
	"math"
	"reflect"
)

// same tells whether two decoded values say the same. A table with nothing in it
// says as much as none: whether one is left over when its last key goes is a
// question of spelling.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && coveredBy(a, b) && coveredBy(b, a)
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || math.IsNaN(a) && math.IsNaN(b))
	default:
		return reflect.DeepEqual(a, b)
	}
}

// coveredBy tells whether all that a table says is said by another.
func coveredBy(a, b map[string]any) bool {
	for key, value := range a {
		other, found := b[key]
		if !found && empty(value) {
			continue
		}
		if !found || !same(value, other) {
			return false
		}
	}
	return true
}

// empty tells whether a value is a table that says nothing.
func empty(value any) bool {
	table, ok := value.(map[string]any)
	if !ok {
		return false
	}
	for _, value := range table {
		if !empty(value) {
			return false
		}
	}
	return true
}
