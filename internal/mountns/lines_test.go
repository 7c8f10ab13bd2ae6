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
