package holder

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/mountns"
)

// namespaceOf is the inode number of a mount namespace.
func namespaceOf(t *testing.T, link string) uint64 {
	t.Helper()
	text, err := os.Readlink(link)
	if err != nil {
		t.Fatal(err)
	}
	inode, err := strconv.ParseUint(strings.Trim(text, "mnt:[]"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return inode
}

func TestByNamespace(t *testing.T) {
	two, one, other := start(t, "thread in another"), start(t, "idle"), start(t, "idle")
	link := "/proc/" + strconv.Itoa(two.pid())
	inOne := namespaceOf(t, "/proc/"+strconv.Itoa(one.pid())+"/ns/mnt")
	leader, thread := namespaceOf(t, link+"/ns/mnt"), namespaceOf(t, link+"/task/"+strconv.Itoa(two.user)+"/ns/mnt")
	if leader == thread {
		t.Fatal("the thread is where its process is")
	}
	unwanted := namespaceOf(t, "/proc/"+strconv.Itoa(other.pid())+"/ns/mnt")
	found, err := ByNamespace(t.Context(), mountns.Threads(), func(inode uint64) bool { return inode == leader || inode == thread || inode == inOne })
	if err != nil && !errors.Is(err, ErrIncomplete) {
		t.Fatal(err)
	}
	for inode, want := range map[uint64][]int{leader: {two.pid()}, thread: {two.pid()}, inOne: {one.pid()}, unwanted: nil} {
		if !slices.Equal(found[inode], want) {
			t.Errorf("%d has %v, want %v", inode, found[inode], want)
		}
	}
	if len(found) != 3 {
		t.Errorf("found %v", found)
	}
}

func TestByNamespaceInTime(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	_, err := ByNamespace(ctx, mountns.Threads(), func(uint64) bool { return true })
	if !errors.Is(err, ErrIncomplete) || !errors.Is(err, reason) {
		t.Errorf("error %v", err)
	}
}
