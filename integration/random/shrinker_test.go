package random

import (
	"slices"
	"testing"
)

// TestShrink leaves out what a failure does not need, and nothing else.
func TestShrink(t *testing.T) {
	all := Topology{TmpfsRoot: true, Home: Private, Late: true, Proc: true, Leaf: true, Host: true}
	for i := range 20 {
		all.Steps = append(all.Steps, Step{Op: Cover, By: i})
	}
	has := func(by ...int) func(Topology) bool {
		return func(t Topology) bool {
			for _, n := range by {
				if !slices.ContainsFunc(t.Steps, func(s Step) bool { return s.By == n }) {
					return false
				}
			}
			return true
		}
	}
	for _, test := range []struct {
		name  string
		fails func(Topology) bool
		want  []int
		late  bool
	}{
		{name: "always", fails: func(Topology) bool { return true }},
		{name: "one step", fails: has(7), want: []int{7}},
		{name: "the first and the last", fails: has(0, 19), want: []int{0, 19}},
		{name: "several", fails: has(3, 4, 11, 16), want: []int{3, 4, 11, 16}},
		{name: "an option", fails: func(t Topology) bool { return t.Late && has(5)(t) }, want: []int{5}, late: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(all.Steps)
			got := shrink(all, test.fails)
			var by []int
			for _, s := range got.Steps {
				by = append(by, s.By)
			}
			if !slices.Equal(by, test.want) {
				t.Errorf("left are %v, want %v", by, test.want)
			}
			if got.Late != test.late || got.Proc || got.Leaf || got.Host || got.TmpfsRoot || got.Home != "" {
				t.Errorf("options are left: %+v", got)
			}
			if !slices.Equal(all.Steps, before) {
				t.Error("the topology itself was changed")
			}
		})
	}
	t.Run("bounded", func(t *testing.T) {
		tries := 0
		shrink(all, func(Topology) bool { tries++; return tries%2 == 0 })
		if tries > shrinkings {
			t.Errorf("%d topologies were tried, want at most %d", tries, shrinkings)
		}
	})
}
