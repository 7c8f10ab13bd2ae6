package wrapper

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestParseInvocation(t *testing.T) {
	for _, test := range []struct {
		args string
		want Invocation
	}{
		{"", Invocation{}},
		{"--version", Invocation{}},
		{"features", Invocation{Command: "features"}},
		{"create id", Invocation{Command: "create"}},
		{"create --bundle /b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create --bundle=/b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create -bundle /b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create -b /b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create -b=/b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create -b/b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create id --bundle /b", Invocation{Command: "create", Bundle: "/b"}},
		{"create --bundle /a --bundle /b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create --pid-file --bundle id", Invocation{Command: "create"}},
		{"create --no-pivot --bundle /b id", Invocation{Command: "create", Bundle: "/b"}},
		{"create --bundle /b -- id --bundle /c", Invocation{Command: "create", Bundle: "/b"}},
		{"run -d --keep -f other.json -b /b id", Invocation{Command: "run", Bundle: "/b", Config: "other.json"}},
		{"run --config=/c.json id", Invocation{Command: "run", Config: "/c.json"}},
		{"create --bundle", Invocation{Command: "create"}},
		{"-- create --bundle /b id", Invocation{Command: "create", Bundle: "/b"}},
		{"-- --root create", Invocation{Command: "--root"}},
		{"--root create run --bundle /b id", Invocation{Command: "run", Bundle: "/b"}},
		{"--log create kill id", Invocation{Command: "kill", Log: "create"}},
		{
			"--root /r --log /l.json --log-format json --systemd-cgroup create --bundle /b --pid-file /p id",
			Invocation{Command: "create", Bundle: "/b", Log: "/l.json", LogFormat: "json"},
		},
		{"--log=/l -log-format=text --debug run id", Invocation{Command: "run", Log: "/l", LogFormat: "text"}},
		{"--rootless true create -b /b id", Invocation{Command: "create", Bundle: "/b"}},
		{"--cgroup-manager systemd run -b /b id", Invocation{Command: "run", Bundle: "/b"}},
		{"--unknown create id", Invocation{Command: "create"}},
		{"--unknown value create id", Invocation{Command: "value"}},
		{"exec id create --bundle /b", Invocation{Command: "exec"}},
		{"kill create", Invocation{Command: "kill"}},
		{"future --bundle /b", Invocation{Command: "future"}},
		{"--log", Invocation{}},
		{"-", Invocation{Command: "-"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			if got := ParseInvocation(strings.Fields(test.args)); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// FuzzInvocation compares the parser with the standard library's flag package,
// which runc's own command line is built on, for every command line that it
// accepts.
func FuzzInvocation(f *testing.F) {
	for _, line := range []string{
		"--root /r --log /l --log-format json --systemd-cgroup create --bundle /b --pid-file /p id",
		"-debug run -d id -b /b", "--criu x -- create -b=/b id", "--rootless=true create --no-pivot id", "exec -t id sh",
	} {
		f.Add(strings.ReplaceAll(line, " ", "\x00"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		got := ParseInvocation(args)
		want, ok := parseAsRunc(args)
		if ok && got != want {
			t.Errorf("%q: got %+v, want %+v", args, got, want)
		}
	})
}

// parseAsRunc parses with runc's options. It reports false for a command line
// that runc refuses.
func parseAsRunc(args []string) (Invocation, bool) {
	var inv Invocation
	global := newFlagSet()
	global.StringVar(&inv.Log, "log", "", "")
	global.StringVar(&inv.LogFormat, "log-format", "", "")
	for _, name := range []string{"root", "criu", "rootless"} {
		global.String(name, "", "")
	}
	for _, name := range []string{"debug", "systemd-cgroup", "version", "v"} {
		global.Bool(name, false, "")
	}
	if global.Parse(args) != nil {
		return inv, false
	}
	if global.NArg() == 0 {
		return inv, true
	}
	inv.Command = global.Arg(0)
	if inv.Command != "create" && inv.Command != "run" {
		return inv, true
	}
	command := newFlagSet()
	command.StringVar(&inv.Bundle, "bundle", "", "")
	command.StringVar(&inv.Bundle, "b", "", "")
	for _, name := range []string{"console-socket", "pidfd-socket", "pid-file"} {
		command.String(name, "", "")
	}
	command.Int("preserve-fds", 0, "")
	for _, name := range []string{"no-pivot", "no-new-keyring", "detach", "d", "keep", "no-subreaper"} {
		command.Bool(name, false, "")
	}
	// runc accepts options on both sides of the id.
	for rest := global.Args()[1:]; len(rest) > 0; {
		terminated := slices.Index(rest, "--")
		if command.Parse(rest) != nil {
			return inv, false
		}
		if terminated >= 0 && len(rest)-command.NArg() == terminated+1 {
			break
		}
		if command.NArg() == 0 {
			break
		}
		rest = command.Args()[1:]
	}
	return inv, true
}

func newFlagSet() *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return set
}
