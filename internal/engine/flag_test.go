package engine

import "testing"

func TestFlag(t *testing.T) {
	args := []string{"containerd", "--config", "/a", "-l", "debug", "-c=/b", "-c", "--a=3", "--d"}
	for _, test := range []struct {
		names []string
		want  string
	}{
		{[]string{"--config"}, "/a"},
		{[]string{"-l", "--log-level"}, "debug"},
		{[]string{"--config", "-c"}, "--a=3"},
		{[]string{"--a"}, "3"},
		{[]string{"--d"}, ""},
		{[]string{"--state"}, ""},
	} {
		if got := Flag(args, test.names...); got != test.want {
			t.Errorf("%v is %q, want %q", test.names, got, test.want)
		}
	}
}
