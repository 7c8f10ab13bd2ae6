package doctor

import (
	"cmp"
	"maps"
	"slices"
)

// inOrder are the values of a map by the order of their keys, so that two looks
// at the same host read the same.
func inOrder[K cmp.Ordered, V any](of map[K]V) []V {
	ordered := make([]V, 0, len(of))
	for _, key := range slices.Sorted(maps.Keys(of)) {
		ordered = append(ordered, of[key])
	}
	return ordered
}
