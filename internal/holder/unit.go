package holder

import "strings"

// maxUnitName is UNIT_NAME_MAX of systemd's src/basic/unit-def.h.
const maxUnitName = 255

// systemdUnit is the unit that systemd counts a cgroup to, as cg_path_get_unit of
// its src/basic/cgroup-util.c: the first name below the slices, whatever is
// further in, for that is the unit's own affair (Delegate=), such as the systemd
// of a container or of a user. What is in a slice and nothing else is the slice's.
func systemdUnit(names []string) string {
	slice := ""
	for _, name := range names {
		// A name that could be taken for something of the kernel's has one more
		// underscore in front (cg_escape).
		name = strings.TrimPrefix(name, "_")
		switch kind := unitType(name); kind {
		case "":
			return slice
		case "slice":
			slice = name
		default:
			return name
		}
	}
	return slice
}

// unitType is the type of a unit that can have processes, empty if name is none.
func unitType(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name) > maxUnitName {
		return ""
	}
	for _, r := range name[:dot] {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(`:-_.\@`, r):
		default:
			return ""
		}
	}
	switch kind := name[dot+1:]; kind {
	case "service", "scope", "slice", "socket", "mount", "swap":
		return kind
	default:
		return ""
	}
}
