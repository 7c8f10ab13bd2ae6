package random

import (
	"reflect"
	"strings"
	"testing"
)

// TestGenerate makes topologies: of one seed always the same one, and of many
// everything there is.
func TestGenerate(t *testing.T) {
	const seeds = 2000
	done := make(map[Op]int)
	options := make(map[string]int)
	stories := make(map[string]bool)
	for seed := range uint64(seeds) {
		one := generate(seed)
		if again := generate(seed); !reflect.DeepEqual(one, again) {
			t.Fatalf("of seed %d came\n%sand\n%s", seed, one, again)
		}
		if one.Seed != seed {
			t.Errorf("seed %d made a topology of seed %d", seed, one.Seed)
		}
		if n := len(one.Steps); n < 3 || n > 25 {
			t.Errorf("seed %d made %d steps, want 3 to 25", seed, n)
		}
		stories[one.String()] = true
		made := map[int]bool{0: true}
		runs := 0
		for _, s := range one.Steps {
			done[s.Op]++
			if s.Op == Run {
				runs++
			}
			// An agent is made before it does anything, so that a story can be read.
			if !made[s.By] && s.Op != Unshare {
				if s.By != 1 {
					t.Errorf("seed %d: nobody made agent %d:\n%s", seed, s.By, one)
				}
			}
			made[s.Makes] = true
		}
		if runs != 1 {
			t.Errorf("seed %d: the container is run %d times", seed, runs)
		}
		for name, set := range map[string]bool{
			"tmpfs": one.TmpfsRoot, "home": one.Home != "", "late": one.Late, "proc": one.Proc, "leaf": one.Leaf, "host": one.Host,
		} {
			if set {
				options[name]++
			}
		}
	}
	for op := range ops {
		if done[op] == 0 {
			t.Errorf("of %d topologies none has: %s", seeds, Step{Op: op})
		}
	}
	for _, name := range []string{"tmpfs", "home", "late", "proc", "leaf", "host"} {
		if n := options[name]; n < seeds/20 || n > seeds/2 {
			t.Errorf("%d of %d topologies have the option %s", n, seeds, name)
		}
	}
	if len(stories) < seeds*99/100 {
		t.Errorf("%d seeds made %d topologies", seeds, len(stories))
	}
}

// TestStory tells of each step in words of its own.
func TestStory(t *testing.T) {
	told := make(map[string]bool)
	for op := range ops {
		for _, s := range []Step{{Op: op, By: 1, How: Private}, {Op: op, By: 1, How: Private, Also: true}} {
			text := s.String()
			if strings.HasPrefix(text, "step ") {
				t.Errorf("there is no story of step %d", op)
			}
			if told[text] && !s.Also {
				t.Errorf("two steps are told as %q", text)
			}
			told[text] = true
		}
	}
}
