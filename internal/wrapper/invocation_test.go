package wrapper

import (
	"cmp"
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
		{"--root create run --bundle /b id", Invocation{Command: "run", Bundle: "/b", Root: "create"}},
		{"--log create kill id", Invocation{Command: "kill", Log: "create"}},
		{
			"--root /r --log /l.json --log-format json --systemd-cgroup create --bundle /b --pid-file /p id",
			Invocation{Command: "create", Bundle: "/b", Log: "/l.json", LogFormat: "json", Root: "/r"},
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
		{"start id", Invocation{Command: "start", ID: "id"}},
		{"--root=/r start id", Invocation{Command: "start", Root: "/r", ID: "id"}},
		{"--root /a -root /b --log /l delete id", Invocation{Command: "delete", Root: "/b", Log: "/l", ID: "id"}},
		{"--root= delete id", Invocation{Command: "delete", Root: ".", ID: "id"}},
		{"delete --force id", Invocation{Command: "delete", ID: "id"}},
		{"delete -force=true id", Invocation{Command: "delete", ID: "id"}},
		{"delete -f id", Invocation{Command: "delete", ID: "id"}},
		{"delete id -f", Invocation{Command: "delete", ID: "id"}},
		{"delete -f -- id", Invocation{Command: "delete", ID: "id"}},
		{"delete -- -f", Invocation{Command: "delete", ID: "-f"}},
		{"delete -", Invocation{Command: "delete", ID: "-"}},
		{"delete", Invocation{Command: "delete"}},
		{"delete a b", Invocation{Command: "delete"}},
		{"delete a -- b", Invocation{Command: "delete"}},
		{"delete --regex .*", Invocation{Command: "delete"}},
		{"delete .* -r", Invocation{Command: "delete"}},
		{"delete -fr .*", Invocation{Command: "delete"}},
		{"delete --reg .*", Invocation{Command: "delete"}},
		{"delete --help id", Invocation{Command: "delete"}},
		{"start --force id", Invocation{Command: "start"}},
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
		"--root /r start id", "delete -f id", "delete id --force=false", "delete -f -- id", "start a -- b", "-root= delete -",
		"run -b -- id -b",
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
	global.Func("root", "", func(root string) error {
		inv.Root = cmp.Or(root, ".")
		return nil
	})
	for _, name := range []string{"criu", "rootless"} {
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
	command := newFlagSet()
	switch inv.Command {
	case "create", "run":
		command.StringVar(&inv.Bundle, "bundle", "", "")
		command.StringVar(&inv.Bundle, "b", "", "")
		for _, name := range []string{"console-socket", "pidfd-socket", "pid-file"} {
			command.String(name, "", "")
		}
		command.Int("preserve-fds", 0, "")
		for _, name := range []string{"no-pivot", "no-new-keyring", "detach", "d", "keep", "no-subreaper"} {
			command.Bool(name, false, "")
		}
	case "delete":
		command.Bool("force", false, "")
		command.Bool("f", false, "")
	case "start":
	default:
		return inv, true
	}
	operands, ok := parseBothSides(command, global.Args()[1:])
	if (inv.Command == "start" || inv.Command == "delete") && len(operands) == 1 {
		inv.ID = operands[0]
	}
	return inv, ok
}

// parseBothSides parses options on both sides of the operands, as runc accepts
// them, and returns the operands.
func parseBothSides(command *flag.FlagSet, rest []string) (operands []string, ok bool) {
	for len(rest) > 0 {
		// It can be the value of an option as well, which is then not complete
		// without it.
		dashes := slices.Index(rest, "--")
		terminated := dashes >= 0 && command.Parse(rest[:dashes]) == nil && command.NArg() == 0
		if command.Parse(rest) != nil {
			return nil, false
		}
		if terminated {
			return append(operands, command.Args()...), true
		}
		if command.NArg() == 0 {
			break
		}
		operands = append(operands, command.Arg(0))
		rest = command.Args()[1:]
	}
	return operands, true
}

func newFlagSet() *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return set
}
