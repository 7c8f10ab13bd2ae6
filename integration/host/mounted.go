package host

import (
	"testing"

	"github.com/unbusy/unbusy/integration/observe"
)

// Mounted returns what is mounted on a path of the caller's namespace. The test
// fails if nothing is.
func Mounted(t testing.TB, path string) observe.Mount {
	t.Helper()
	m, found, err := observe.At(path)
	if err != nil || !found {
		t.Fatalf("nothing is mounted on %s: %v", path, err)
	}
	return m
}

// IsMounted tells whether a process, 0 is the caller, has anything mounted on a
// path.
func IsMounted(t testing.TB, pid int, path string) bool {
	t.Helper()
	return count(t, pid, func(m observe.Mount) bool { return m.Point == path }) > 0
}

// Held counts the mounts in a process's namespace that show what m shows, wherever
// they are. The kernel gives the device number of a file system that is gone to the
// next one: the caller mounts nothing meanwhile.
func Held(t testing.TB, pid int, m observe.Mount) int {
	t.Helper()
	return count(t, pid, func(c observe.Mount) bool { return c.Device == m.Device && c.Root == m.Root })
}

func count(t testing.TB, pid int, is func(observe.Mount) bool) int {
	t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range mounts {
		if is(m) {
			n++
		}
	}
	return n
}
