package mountns

import (
	"errors"
	"strings"
	"testing"
)

const (
	whole = "22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n30 22 0:24 / /run rw - tmpfs tmpfs rw\n"
	torn  = "22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n"
)

// readings returns a reader that gives the texts one after the other, and the
// last one from then on.
func readings(texts ...string) func(string) ([]byte, error) {
	return func(string) ([]byte, error) {
		text := texts[0]
		if len(texts) > 1 {
			texts = texts[1:]
		}
		return []byte(text), nil
	}
}

func TestReadTable(t *testing.T) {
	for _, test := range []struct {
		name       string
		read       func(string) ([]byte, error)
		consistent bool
		want       int // mounts, 0 for an error
	}{
		{"a kernel that reads in one piece", readings(whole, torn), true, 2},
		{"an old kernel, twice the same", readings(whole, whole), false, 2},
		{"an old kernel, the first reading missed one", readings(torn, whole, whole), false, 2},
		{"an old kernel, changes without end", func() func(string) ([]byte, error) {
			n := 0
			return func(string) ([]byte, error) {
				n++
				return []byte(strings.Repeat(torn, n)), nil
			}
		}(), false, 0},
		{"no table", func(string) ([]byte, error) { return nil, errors.New("none") }, true, 0},
		{"no table the second time", func() func(string) ([]byte, error) {
			first := true
			return func(string) ([]byte, error) {
				if !first {
					return nil, errors.New("none")
				}
				first = false
				return []byte(whole), nil
			}
		}(), false, 0},
		{"not a table", readings("what?\n"), true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, err := readTable("table", test.read, test.consistent)
			if len(table) != test.want || (err == nil) != (test.want > 0) {
				t.Errorf("%d mounts, %v, want %d", len(table), err, test.want)
			}
		})
	}
}

func TestOwnTable(t *testing.T) {
	table, err := OwnTable()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range table {
		if m.Mountpoint == "/proc" && m.FSType == "proc" {
			return
		}
	}
	t.Errorf("no /proc among %d mounts", len(table))
}
