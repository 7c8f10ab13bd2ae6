package linux

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestRoomForDescriptors(t *testing.T) {
	size := func() int {
		t.Helper()
		text, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(text), "\nFDSize:")
		n := 0
		if _, err := fmt.Sscan(after, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	want := 2*size() - 1
	if err := RoomForDescriptors(want); err != nil {
		t.Fatal(err)
	}
	if got := size(); got <= want {
		t.Errorf("there is room for %d, not for %d", got, want)
	}
	if err := RoomForDescriptors(1 << 30); err == nil {
		t.Error("there is room for as many as nobody may have")
	}
}
