package main

import (
	"errors"
	"testing"
)

// TestEnough looks at when measuring ends, and that each value is where it
// belongs.
func TestEnough(t *testing.T) {
	for _, test := range []struct {
		name             string
		some, most, want int
		are              func([][2]int) bool
	}{
		{"at once", 10, 100, 10, func([][2]int) bool { return true }},
		{"later", 10, 100, 30, func(all [][2]int) bool { return len(all) > 20 }},
		{"never", 10, 25, 25, func([][2]int) bool { return false }},
		{"not even some", 10, 3, 3, func([][2]int) bool { return true }},
	} {
		measured, first := 0, [2]int{}
		all, err := enough(test.some, test.most, func(_, which int) (int, error) {
			if measured%2 == 0 {
				first[which]++
			}
			measured++
			return which + 1, nil
		}, test.are)
		if err != nil || len(all) != test.want {
			t.Errorf("%s: %d pairs, %v, want %d", test.name, len(all), err, test.want)
		}
		if extra := measured - 2*len(all); extra != 2*warmUp {
			t.Errorf("%s: %d measurements to warm up", test.name, extra)
		}
		for _, pair := range all {
			if pair != [2]int{stock: 1, ours: 2} {
				t.Errorf("%s: a pair is %v", test.name, pair)
			}
		}
		if len(all) >= 25 && (first[stock] == 0 || first[ours] == 0) {
			t.Errorf("%s: the same was always first", test.name)
		}
	}
}

func TestEnoughEndsWithAnError(t *testing.T) {
	wrong := errors.New("wrong")
	left := 30
	_, err := enough(10, 100, func(_, _ int) (int, error) {
		if left--; left == 0 {
			return 0, wrong
		}
		return 0, nil
	}, func([][2]int) bool { return false })
	if !errors.Is(err, wrong) || left != 0 {
		t.Errorf("%v, and %d more measurements", err, -left)
	}
}
