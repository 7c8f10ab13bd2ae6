package holder

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestDescribe(t *testing.T) {
	p, err := Describe(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if p.PID != os.Getpid() || !strings.HasPrefix(p.Command, os.Args[0]) {
		t.Errorf("we are %+v", p)
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	if g := parseCgroup(string(text)); g != (group{p.Unit, p.Container, p.Pod, p.PodUID}) {
		t.Errorf("we are %+v in %+v", p, g)
	}
}

func TestDescribeEnded(t *testing.T) {
	cmd := exec.Command("/bin/cat", "one", "two")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd}
	c.awaitZombie(t) // it has nothing to open
	p, err := Describe(c.pid())
	if err != nil || p.Command != "[cat]" {
		t.Errorf("a zombie is %+v, %v", p, err)
	}
	c.end()
	if _, err := Describe(c.pid()); !errors.Is(err, ErrEnded) {
		t.Errorf("one that is gone: %v", err)
	}
}

func TestCommandLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"\x00\x00":                       "",
		"cat\x00":                        "cat",
		"cat\x00a b\x00\x00c\x00":        "cat a b  c",
		"nginx: worker process\x00\x00 ": "nginx: worker process",
		"caf\u00e9\x00\xff":              "caf\u00e9 \ufffd",
		"\x1b[2J\n\x00":                  "\x1b[2J",
		strings.Repeat("x", 1000):        strings.Repeat("x", maxCommand),
		strings.Repeat("x", maxCommand-1) + "\u00e9":     strings.Repeat("x", maxCommand-1),
		strings.Repeat("x", maxCommand-2) + "\u00e9":     strings.Repeat("x", maxCommand-2) + "\u00e9",
		strings.Repeat("x", maxCommand-3) + "\U0001f600": strings.Repeat("x", maxCommand-3),
	} {
		if got := commandLine([]byte(text)); got != want || !utf8.ValidString(got) {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestCommandThatDoesNotAnswer(t *testing.T) {
	answer := make(chan struct{})
	defer close(answer)
	if got := within(time.Millisecond, func() string { <-answer; return "late" }); got != "" {
		t.Errorf("waited for %q", got)
	}
	if got := within(time.Hour, func() string { return "soon" }); got != "soon" {
		t.Errorf("got %q", got)
	}
}

func TestStartTime(t *testing.T) {
	const rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"
	for stat, want := range map[string]string{
		"812 (dockerd)" + rest:          "4711",
		"812 (a) S 1 (b c)" + rest:      "4711",
		"812 (dockerd) S 1 2 3":         "",
		"":                              "",
		"812 (dockerd S 1 2 3 4 5 6 7 ": "",
	} {
		if got, ok := startTime([]byte(stat)); got != want || ok != (want != "") {
			t.Errorf("%q: %q", stat, got)
		}
	}
}

// TestReused gives the number of a process to another one, in a directory that
// stands for that of /proc.
func TestReused(t *testing.T) {
	dir := t.TempDir() + "/"
	begin := func(when string) error {
		stat := "812 (cat) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 " + when + " 20"
		return os.WriteFile(dir+"stat", []byte(stat), 0o600)
	}
	if err := begin("100"); err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("wrong")
	for _, test := range []struct {
		name string
		read func() error
		want error
	}{
		{"the same", func() error { return nil }, nil},
		{"unreadable", func() error { return wrong }, wrong},
		{"another", func() error { return begin("101") }, ErrEnded},
	} {
		if err := ofOne(dir, test.read); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}
