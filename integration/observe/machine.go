package observe

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Item is something on the machine that outlives a careless test.
type Item struct {
	Kind string // mount, loop, cgroup, process or file
	Name string
	// traces is text that tells where it comes from, beside its name.
	traces string
}

// Bears tells whether the item carries a mark: in its name, or, of a process,
// in its environment, command line or cgroups.
func (i Item) Bears(mark string) bool {
	return strings.Contains(i.Name, mark) || strings.Contains(i.traces, mark)
}

// String is the kind and the name.
func (i Item) String() string { return i.Kind + " " + i.Name }

// Machine is what was there at one moment.
type Machine map[string]Item

// Take looks at the whole machine: the mounts of PID 1's namespace and of the
// caller's, attached loop devices, cgroups of every hierarchy, processes, and
// the files in directories where engines and tests put theirs.
func Take() (Machine, error) {
	m := Machine{}
	for _, look := range []func(Machine) error{mounts, loops, cgroups, processes, files} {
		if err := look(m); err != nil {
			return nil, fmt.Errorf("look at the machine: %w", err)
		}
	}
	return m, nil
}

// Since returns what is there and was not before, in order of kind and name.
func (m Machine) Since(before Machine) []Item {
	var items []Item
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if _, was := before[key]; !was {
			items = append(items, m[key])
		}
	}
	return items
}

// add notes an item; identity tells it from another of the same name.
func (m Machine) add(i Item, identity string) {
	m[i.String()+" "+identity] = i
}
