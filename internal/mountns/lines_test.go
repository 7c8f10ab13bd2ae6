package mountns

import "testing"

func TestLinesOf(t *testing.T) {
	const (
		root    = "20 1 254:0 / / rw - ext4 /dev/vda1 rw\n"
		overlay = "30 20 0:50 / /var/lib/docker/overlay2/x/merged rw shared:4 - overlay overlay rw\n"
		another = "31 20 0:5 / /0:50 rw - tmpfs 0:50 rw\n"
		last    = "32 20 0:50 /net /mnt rw - overlay overlay rw"
	)
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"one of several", root + overlay + another, overlay},
		{"without an end of the line", root + last, last},
		{"in another field", another, ""},
		{"what is no line of a table", "garbage\n20 1 x / /\n20 1 0:y / /\n20 1 0:99999999999 /\n", "garbage\n20 1 x / /\n20 1 0:y / /\n20 1 0:99999999999 /\n"},
	} {
		got := linesOf([]byte(test.text), func(d Device) bool { return d == Device{Minor: 50} })
		if string(got) != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		text string
		want uint32
		rest string
		ok   bool
	}{
		{"", 0, "", false},
		{"x1", 0, "x1", false},
		{"-1", 0, "-1", false},
		{"0", 0, "", true},
		{"7 8", 7, " 8", true},
		{"4294967295:1", 1<<32 - 1, ":1", true},
		{"4294967296", 0, "", false},
		{"99999999999999999999999 1", 0, "", false},
	} {
		got, rest, ok := number([]byte(test.text))
		if ok != test.ok || ok && (got != test.want || string(rest) != test.rest) {
			t.Errorf("%q: %d, %q, %v", test.text, got, rest, ok)
		}
	}
}
