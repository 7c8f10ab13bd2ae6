package shim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// TestCtr has containerd's own client do everything that people do with it: what
// it prints and its exit status are the same with both shims.
func TestCtr(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		said := map[string][]string{}
		s.bothShims(func(handler string) { said[handler] = s.talk(handler) })
		for i, stock := range said[stockHandler] {
			if ours := said[ourHandler][i]; ours != stock {
				t.Errorf("with ours: %q\nwith containerd's own shim: %q", ours, stock)
			}
		}
		for _, words := range []string{"exit status 7", "to stdout", "to stderr", "trapped", "a terminal", "resized", "exit status 5", "137"} {
			if !strings.Contains(strings.Join(said[ourHandler], "\n"), words) {
				t.Errorf("nothing says %q: %q", words, said[ourHandler])
			}
		}
		s.requireFailures()
	})
}

// talk gives commands to ctr and returns what it answers.
func (s *stage) talk(handler string) (answers []string) {
	s.t.Helper()
	note := func(out string, err error) {
		answers = append(answers, unlike.ReplaceAllString(fmt.Sprintf("%s%v", out, err), "$1$2"))
	}
	run := func(id string, flags ...string) []string {
		args := append([]string{"run", "--cgroup", s.h.Cgroup(id)}, flags...)
		if handler == stockHandler {
			args = append(args, "--runtime", s.stockShim())
		}
		return append(args, s.c.Image("default"), id)
	}
	note(s.c.Try(append(run("short", "--rm"), "echo", "to stdout")...))
	note(s.c.Try(append(run("short", "--rm"), "sh", "-c", "echo to stdout; echo to stderr >&2; exit 7")...))
	note(s.c.Try(append(run("short", "--rm"), "no-such-program")...))
	// Of this one there is a record before it fails.
	note(s.c.Try(append(run("short", "--rm", "--net-host"), "no-such-program")...))
	note(s.c.Terminal(append(run("short", "--rm", "--tty"), "sh", "-c", "tty && echo a terminal; stty rows 7 && echo resized; exit 5")...))

	const k = "long"
	note(s.c.Try(append(run(k, "--detach", "--null-io"), "sh", "-c", "trap 'exit 9' TERM; while :; do sleep 1000000 & wait; done")...))
	note(s.c.Try("task", "exec", "--exec-id", "e", k, "sh", "-c", "echo to stdout; echo to stderr >&2; exit 5"))
	note(s.c.Try("task", "exec", "--exec-id", "e", k, "sh", "-c", "trap 'echo trapped' USR1; kill -USR1 $$; kill -KILL $$"))
	note(s.c.Try("task", "exec", "--exec-id", "e", k, "no-such-program"))
	note(s.c.Terminal("task", "exec", "--exec-id", "e", "--tty", k, "sh", "-c", "tty && echo a terminal; exit 5"))
	note(s.c.Try("task", "delete", k))
	note(s.c.Try("task", "pause", k))
	note(s.c.Try("task", "list"))
	note(s.c.Try("task", "resume", k))
	note(s.c.Try("task", "kill", "--signal", "TERM", k))
	host.Await(s.t, "the container to stop", func() bool {
		out, err := s.c.Try("task", "list")
		return err == nil && strings.Contains(out, "STOPPED")
	})
	note(s.c.Try("task", "list"))
	note(s.c.Try("task", "kill", "--signal", "TERM", k))
	note(s.c.Try("task", "delete", k))
	note(s.c.Try("task", "delete", k))
	note(s.c.Try("task", "start", "--detach", "--null-io", k))
	note(s.c.Try("task", "delete", "--force", k))
	note(s.c.Try("container", "delete", k))
	note(s.c.Try("container", "list", "--quiet"))
	return answers
}

// stockShim is the path of containerd's own shim.
func (s *stage) stockShim() string {
	s.t.Helper()
	if s.stock == "" {
		k := s.c.Run("stock", host.Under(stockHandler))
		s.stock = s.program(s.c.ShimOf(k.ID()))
		s.end(k)
	}
	return s.stock
}

// unlike is what no two runs have in common: pids, times, the option by which a
// shim is chosen, and whether a terminal's size can be told in time to a program
// that ends at once.
var unlike = regexp.MustCompile(`\b\d{2,} +(RUNNING|PAUSED|STOPPED)|PID +(STATUS)|'?--runtime'? \S+ |` +
	`time="[^"]*"|level=warning msg="DEPRECATION[^\n]*|\S*WARN\S* DEPRECATION[^\n]*\n|\x00|\^@|.*resize pty.*\n`)
