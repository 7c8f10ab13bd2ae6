package containerd

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/unbusy/unbusy/internal/tomledit"
)

// maxDifferences is how many differences are worth to be told.
const maxDifferences = 3

// differences are where two dumps do not say the same: at most some. A value
// that is empty says what a missing one does: the defaults are in both.
func differences(want, got map[string]any) []string {
	var found []string
	compare(nil, want, got, &found)
	if len(found) > maxDifferences {
		found = append(found[:maxDifferences], fmt.Sprintf("and %d more", len(found)-maxDifferences))
	}
	return found
}

func compare(path []string, want, got any, found *[]string) {
	wanted, isTable := want.(map[string]any)
	gotten, alsoTable := got.(map[string]any)
	switch {
	case isZero(want) && isZero(got):
	case (isTable || want == nil) && (alsoTable || got == nil):
		names := slices.AppendSeq(slices.Collect(maps.Keys(wanted)), maps.Keys(gotten))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			// Which files were read has changed, of course, if there was none.
			if len(path) > 0 || name != "imports" {
				compare(append(slices.Clone(path), name), wanted[name], gotten[name], found)
			}
		}
	case !reflect.DeepEqual(want, got):
		*found = append(*found, fmt.Sprintf("%s would be %v and not %v", tomledit.Key(path...), told(got), told(want)))
	}
}

// told is a value for people.
func told(value any) any {
	if value == nil {
		return "missing"
	}
	return value
}

// isZero tells whether a value says as little as none.
func isZero(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case map[string]any:
		for _, below := range value {
			if !isZero(below) {
				return false
			}
		}
		return true
	case []any:
		return len(value) == 0
	default:
		return reflect.ValueOf(value).IsZero()
	}
}

// put returns a copy of a table in which a value stands at a path.
func put(values map[string]any, path []string, value any) map[string]any {
	values = maps.Clone(values)
	if values == nil {
		values = make(map[string]any)
	}
	if len(path) > 1 {
		value = put(table(values, path[0]), path[1:], value)
	}
	values[path[0]] = value
	return values
}
