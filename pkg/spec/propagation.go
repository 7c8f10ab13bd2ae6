package spec

import (
	"strings"

	"github.com/moby/sys/mountinfo"
)

// sharedGroup returns the peer group of a shared mount, "" if it has none.
func sharedGroup(m *mountinfo.Info) string { return propagationTag(m, "shared:") }

// masterGroup returns the peer group that a slave mount gets its events from,
// "" if it has none.
func masterGroup(m *mountinfo.Info) string { return propagationTag(m, "master:") }

func propagationTag(m *mountinfo.Info, tag string) string {
	for field := range strings.FieldsSeq(m.Optional) {
		if group, ok := strings.CutPrefix(field, tag); ok {
			return group
		}
	}
	return ""
}

// isPrivate reports whether neither the mount nor a clone of it ever gets a
// mount or unmount event from elsewhere.
func isPrivate(m *mountinfo.Info) bool { return sharedGroup(m) == "" && masterGroup(m) == "" }

// linked reports whether what is mounted on home appears on alias.
func linked(alias, home *mountinfo.Info) bool {
	group := sharedGroup(home)
	return group != "" && (sharedGroup(alias) == group || masterGroup(alias) == group)
}
