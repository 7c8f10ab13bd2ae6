package spec

import (
	"slices"
	"strings"
)

// Mount options that set a mount's propagation: the ones that runc and crun
// know.
var propagationOptions = []string{
	"private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable",
}

// inheritedNever are recursive restrictions: the runtime sets them with one
// mount_setattr(2) over the mounts that are there at that moment, and a mount
// that arrives later by propagation comes without them.
var inheritedNever = []string{"rro", "rnosuid", "rnodev", "rnoexec", "rnosymfollow"}

// isBind reports whether runc and crun treat a mount with these options as a
// bind mount. The type does not matter: "type": "bind" without one of these
// options is ENODEV in both.
func isBind(options []string) bool {
	return slices.Contains(options, "bind") || isRecursiveBind(options)
}

func isRecursiveBind(options []string) bool { return slices.Contains(options, "rbind") }

// isIDMap reports whether an option maps ids; crun's may carry the mapping:
// idmap=uids=0-1000-10.
func isIDMap(option string) bool {
	name, _, _ := strings.Cut(option, "=")
	return name == "idmap" || name == "ridmap"
}

func isPropagation(option string) bool { return slices.Contains(propagationOptions, option) }

// receives reports whether binds with these options get later unmounts of
// their source: they name at least one propagation, and none that ends it.
func receives(options []string) bool {
	named := false
	for _, o := range options {
		switch o {
		case "rslave", "shared", "rshared":
			named = true
		default:
			if isPropagation(o) {
				return false
			}
		}
	}
	return named
}

// withPropagation returns the options with every propagation option taken out
// and the given one at the end. One is all there may be: of rprivate and
// rslave together runc makes a private mount in either order, and crun does
// not start.
func withPropagation(options []string, propagation string) []string {
	kept := make([]string, 0, len(options)+1)
	for _, o := range options {
		if !isPropagation(o) {
			kept = append(kept, o)
		}
	}
	return append(kept, propagation)
}

func hasPropagation(options []string) bool { return slices.ContainsFunc(options, isPropagation) }

func isReadOnly(options []string) bool {
	ro := false
	for _, o := range options {
		switch o {
		case "ro":
			ro = true
		case "rw":
			ro = false
		}
	}
	return ro
}
