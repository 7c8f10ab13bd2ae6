package cli

import (
	"os"
	"strconv"
	"testing"
)

// namespaceOf is the kernel's name for the mount namespace of a process.
func namespaceOf(t *testing.T, pid int) string {
	t.Helper()
	link, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	return link
}
