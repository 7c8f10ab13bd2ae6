package host

import (
	"strings"

	"github.com/unbusy/unbusy/integration/observe"
)

// namePrefix begins the names of boxes that were not given another one.
const namePrefix = "unbusy-"

// Left returns what is on the machine now and was not before, and may be a box's
// doing: all that bears the box's name, and new mounts and loop devices unless
// they bear the name of another box. The box's name is what UNBUSY_BOX was set
// to when its program was started.
func Left(before, now observe.Machine, name string) []observe.Item {
	var left []observe.Item
	for _, item := range now.Since(before) {
		lasting := item.Kind == "mount" || item.Kind == "loop"
		if item.Bears(name) || lasting && !strings.Contains(item.Name, "/"+namePrefix) {
			left = append(left, item)
		}
	}
	return left
}
