package linux

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ReleaseAtLeast reports whether the running kernel is of the given release or
// a later one. It is false if the kernel's own word is not to be understood.
func ReleaseAtLeast(major, minor int) bool {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return false
	}
	return releaseAtLeast(unix.ByteSliceToString(name.Release[:]), major, minor)
}

func releaseAtLeast(release string, major, minor int) bool {
	first, rest, _ := strings.Cut(release, ".")
	second := rest
	if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		second = rest[:end]
	}
	a, err := strconv.Atoi(first)
	if err != nil {
		return false
	}
	b, err := strconv.Atoi(second)
	if err != nil {
		return false
	}
	return a > major || a == major && b >= minor
}
