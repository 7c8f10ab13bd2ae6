package cli

import (
	"os"
	"strings"
	"testing"
)

// request is what completion scripts put at the end of the command line that
// they ask about.
const request = "--generate-shell-completion"

func TestCompletionSuggests(t *testing.T) {
	// For the program itself the library looks here, and not at its arguments
	// (urfave/cli help.go, DefaultCompleteWithFlags).
	defer func(args []string) { os.Args = args }(os.Args)
	os.Args = []string{"unbusy", request}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{request}, "sweep:"},
		{[]string{"sweep", "--al", request}, "--all:"},
		{[]string{"completion", request}, "bash:"},
	} {
		status, stdout, stderr := run(t, test.args...)
		if status != 0 || stderr != "" || !strings.Contains(stdout, test.want) {
			t.Errorf("%q: status %d, error %q, output without %q: %q", test.args, status, stderr, test.want, stdout)
		}
	}
}

func TestCompletionCarriesNothingOut(t *testing.T) {
	// Carried out, each of these would be an error.
	for _, args := range [][]string{
		{"roots", "/var/lib/docker"},
		{"rewrite", "--bundle", "/nowhere"},
		{"sweep", "--all", "--host"},
		{"sweep", "/nowhere"},
		{"sweep", "--", "/nowhere"},
	} {
		if status, stdout, stderr := run(t, append(args, request)...); status != 0 || stdout != "" || stderr != "" {
			t.Errorf("%q: status %d, output %q, error %q", args, status, stdout, stderr)
		}
	}
}

func TestCompletionScripts(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "complete -o",
		"zsh":  "#compdef unbusy",
		"fish": "complete -c unbusy",
	} {
		if status, stdout, stderr := run(t, "completion", shell); status != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%s: status %d, error %q, script without %q: %.100q", shell, status, stderr, want, stdout)
		}
	}
}

func TestCompletionIsStrict(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, `needs the name of a shell`},
		{[]string{"basch"}, `was given "basch"`},
		{[]string{"help"}, `was given "help"`},
		{[]string{"--bash"}, "-bash"},
		{[]string{"bash", "--all"}, "-all"},
		{[]string{"bash", "zsh"}, `takes no argument, and was given "zsh"`},
	} {
		status, stdout, stderr := run(t, append([]string{"completion"}, test.args...)...)
		if status != ExitError || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, test.want) {
			t.Errorf("%q: status %d, output %.100q, error %q, want one line that says %q", test.args, status, stdout, stderr, test.want)
		}
	}
}

func TestCompletionIsHidden(t *testing.T) {
	if _, stdout, _ := run(t, "--help"); strings.Contains(stdout, "completion") {
		t.Errorf("the help lists what only shells need: %s", stdout)
	}
}
