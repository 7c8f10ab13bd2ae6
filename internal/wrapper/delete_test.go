package wrapper

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

const (
	prepared = "prepare victim /srv/bundles/victim /srv/bundles/victim/rootfs\n"
	swept    = "sweep victim /srv/bundles/victim /srv/bundles/victim/rootfs\n"
	// says is a runtime's part that a caller sees.
	says = `echo "deleting $*"; echo "in $(pwd)" >&2` + "\n"
)

// TestDelete deletes a container by the runtime alone and through the wrapper:
// whatever the sweeper does, what the caller sees is the same.
func TestDelete(t *testing.T) {
	const deletes = says + `rm -r "$STATE"` + "\n"
	for _, test := range []struct {
		mode   string
		script string
		trace  string
		log    string // in what is logged, and in an event if it is an error
		event  bool
	}{
		{"no sweeper", deletes, "", "", false},
		{"sweep", deletes, prepared + swept, "", false},
		{"prepare finds nothing", deletes, prepared, "", false},
		{"prepare fails", deletes, prepared, "this is the test's", true},
		{"prepare panics", deletes, prepared, "panic: this is the test's", true},
		{"prepare hangs", deletes, prepared, "deadline exceeded", true},
		{"sweep fails", deletes, prepared + swept, "this is the test's", true},
		{"sweep panics", deletes, prepared + swept, "panic: this is the test's", true},
		{"sweep prints", deletes, prepared + swept, "in the log", false},
		{"sweep hangs", deletes, prepared + swept, "deadline exceeded", true},
		{"sweep", says + "exit 1", prepared, "", false},
		{"sweep", says + `rm -r "$STATE"; exit 255`, prepared, "", false},
		{"sweep", says + "kill -TERM $$", prepared, "", false},
		{"sweep", says + "kill -KILL $$", prepared, "", false},
		{"sweep", says + "kill -QUIT $$", prepared, "", false},
		{"sweep", says + "kill -HUP $$", prepared, "", false},
		{"sweep", says + "kill -PIPE $$", prepared, "", false},
		{"sweep", says + "kill -USR1 $$", prepared, "", false},
		{"sweep", says + "kill -SEGV $$", prepared, "", false},
		{"sweep", says, prepared, "the runtime still has the container", true},
	} {
		t.Run(test.mode+" "+strings.ReplaceAll(test.script, says, ""), func(t *testing.T) {
			heed(t, syscall.SIGHUP)
			f := newFixture(t, test.script)
			args := f.args("delete", "--force")
			want := run(t, f.direct(args))
			f.putState(t)
			got := run(t, f.wrapped(test.mode, args))
			if got != want {
				t.Errorf("wrapped: %+v\ndirect:  %+v", got, want)
			}
			if trace := read(t, f.trace); trace != test.trace {
				t.Errorf("called:\n%swant:\n%s", trace, test.trace)
			}
			log := read(t, f.log)
			if !strings.Contains(log, test.log) || test.log == "" && log != "" {
				t.Errorf("the log has:\n%s", log)
			}
			if os.Geteuid() != 0 {
				return
			}
			f.requireEvent(t, test.event)
		})
	}
}

// TestDeleteOfNothing has commands that are none of the sweeper's affair: the
// process becomes the runtime, of the same number.
func TestDeleteOfNothing(t *testing.T) {
	f := newFixture(t, "echo $$")
	root := filepath.Dir(f.state)
	other := filepath.Join(f.dir, "bin/runsc")
	if err := os.Link(f.runtime, other); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(f.state, filepath.Join(f.dir, "root/a_b")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"unbusy-runtime", "--root", root, "delete", "unknown"},
		{"unbusy-runtime", "--root", f.dir, "delete", "victim"},
		{"unbusy-runtime", "--root", f.dir, "delete", "root/victim"},
		{"unbusy-runtime", "--root", root, "delete", "victim/../victim"},
		{"unbusy-runtime", "--root", root, "delete", "--regex", "victim"},
		{"unbusy-runtime", "--root", root, "delete", "victim", "victim"},
		{"unbusy-runtime", "--root", root, "delete"},
		{"unbusy-runtime", "--root", root, "kill", "victim"},
		{"unbusy-runtime", "--root", root, "state", "victim"},
		{"runsc", "--root", root, "delete", "victim"},
		{"unbusy-runtime", "--root", root, "delete", "a_b"}, // its state is victim's
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			command := f.wrapped("sweep", args)
			var stdout strings.Builder
			command.Stdout = &stdout
			if err := command.Run(); err != nil {
				t.Fatal(err)
			}
			if pid := strings.TrimSpace(stdout.String()); pid != itoa(command.Process.Pid) {
				t.Errorf("the runtime has number %s, %d was started", pid, command.Process.Pid)
			}
			if trace := read(t, f.trace); trace != "" {
				t.Errorf("called:\n%s", trace)
			}
		})
	}
}

// TestDeleteWithoutRuntime has a runtime that cannot be executed: the wrapper
// has the message and the exit status that it has for every command.
func TestDeleteWithoutRuntime(t *testing.T) {
	f := newFixture(t, "")
	if err := os.WriteFile(f.runtime, []byte("\x7fELF"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := run(t, f.wrapped("sweep", f.args("state")))
	if got := run(t, f.wrapped("sweep", f.args("delete"))); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if want.exit != exitNotExecutable || !strings.Contains(want.stderr, "exec format error") {
		t.Errorf("it ends with %+v", want)
	}
	if trace := read(t, f.trace); trace != "" {
		t.Errorf("called:\n%s", trace)
	}
}

// TestDeletePreparesMeanwhile has a runtime that waits for the sweeper, which waits
// for the runtime.
func TestDeletePreparesMeanwhile(t *testing.T) {
	f := newFixture(t, `timeout 5 sh -c ': >"$0"' "${GATE%-of-runtime}"; rm -r "$STATE"`)
	if got := run(t, f.wrapped("prepare waits", f.args("delete"))); got != (outcome{}) {
		t.Errorf("it ends with %+v", got)
	}
	const want = prepared + "let go on\n" + swept
	if trace := read(t, f.trace); trace != want {
		t.Errorf("called:\n%swant:\n%s", trace, want)
	}
}

// TestDeleteSameProcess lets the runtime look at what it was started with, as a
// child for delete and as the process itself for another command.
func TestDeleteSameProcess(t *testing.T) {
	const looks = `rm -r "$STATE"
		echo "$*" | tail -n 1; pwd; umask; env | grep -v ^UNBUSY_TEST_
		cat; ls -l /proc/self/fd | sed 's/.* \([0-9]* ->\)/\1/' | grep -v /proc/
		grep -E '^(Sig(Blk|Ign)|Groups|NoNewPrivs)' /proc/self/status
		cat /proc/$$/oom_score_adj; cut -d ' ' -f 5,6 /proc/$$/stat; ulimit -n`
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		heed(t, s)
	}
	f := newFixture(t, looks)
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	defer zero.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A caller that ignores SIGHUP and SIGINT, and whose descriptors are not in
	// a row.
	const caller = `trap "" HUP INT; umask 27; exec 7<&3 3<&-; exec -a unbusy-runtime "$@" >"$OUT" 2>&1 5>&1`
	out := filepath.Join(f.dir, "out")
	look := func(mode string) string {
		f.putState(t)
		command := f.wrapped(mode, append([]string{"bash", "-c", caller, "bash", self}, f.args("delete", "--force")[1:]...))
		command.Path = "/bin/bash"
		command.Env = append(command.Env, "OUT="+out)
		command.Stdin, command.ExtraFiles = strings.NewReader("input\n"), []*os.File{zero}
		if err := command.Run(); err != nil {
			t.Fatalf("%v: %s", err, read(t, out))
		}
		return pipes.ReplaceAllString(read(t, out), "pipe")
	}
	itself := look("no sweeper")
	if trace := read(t, f.trace); trace != "" {
		t.Errorf("called:\n%s", trace)
	}
	asChild := look("sweep")
	if trace := read(t, f.trace); trace != prepared+swept {
		t.Errorf("called:\n%s", trace)
	}
	if asChild != itself {
		t.Errorf("a child sees:\n%s\nthe process itself sees:\n%s", asChild, itself)
	}
	// Beside the two lowest, whoever started the tests may have others ignored.
	ignored := regexp.MustCompile(`SigIgn:\t[0-9a-f]{15}[37bf]\n`)
	for _, part := range []string{"7 -> /dev/zero", "5 -> " + f.dir, ignored.FindString(itself), "input", "0027"} {
		if part == "" || !strings.Contains(itself, part) {
			t.Errorf("there is no %q to compare:\n%s", part, itself)
		}
	}
}

// TestDeleteEndOfOutput reads what the runtime writes while the sweep goes on:
// the end comes with the runtime's.
func TestDeleteEndOfOutput(t *testing.T) {
	f := newFixture(t, says+`echo 3 >&3; rm -r "$STATE"`)
	command := f.wrapped("sweep waits", f.args("delete"))
	var readers []*os.File
	pipe := func() *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		readers = append(readers, r)
		return w
	}
	command.Stdout, command.Stderr, command.ExtraFiles = pipe(), pipe(), []*os.File{pipe()}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for _, w := range []any{command.Stdout, command.Stderr, command.ExtraFiles[0]} {
		w.(*os.File).Close()
	}
	want := []string{"deleting " + strings.Join(command.Args[1:], " ") + "\n", "in " + f.dir + "\n", "3\n"}
	for i, r := range readers {
		got, err := readAll(r)
		if err != nil || got != want[i] {
			t.Errorf("read %q, %v, want %q", got, err, want[i])
		}
	}
	if strings.Contains(read(t, f.trace), "let go on") {
		t.Error("the output ended after the sweep")
	}
	open(t, f.gate, os.O_WRONLY).Close()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	if trace := read(t, f.trace); trace != prepared+swept+"let go on\n" {
		t.Errorf("called:\n%s", trace)
	}
}

// TestDeleteLogIsOutput has a log that is the file which the output goes to:
// what the wrapper has to say is not in it.
func TestDeleteLogIsOutput(t *testing.T) {
	f := newFixture(t, says+`rm -r "$STATE"`)
	log, err := os.OpenFile(f.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command := f.wrapped("sweep prints", f.args("delete"))
	command.Stdout, command.Stderr = log, log
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintln("deleting", strings.Join(command.Args[1:], " ")) + fmt.Sprintln("in", f.dir)
	if got := read(t, f.log); got != want {
		t.Errorf("the output is %q, want %q", got, want)
	}
	if trace := read(t, f.trace); trace != prepared+swept {
		t.Errorf("called:\n%s", trace)
	}
}

// TestDeleteSignalDuringSweep ends a wrapper whose runtime has ended.
func TestDeleteSignalDuringSweep(t *testing.T) {
	f := newFixture(t, `rm -r "$STATE"`)
	command := f.wrapped("sweep ends early", f.args("delete"))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	open(t, f.gate, os.O_RDONLY).Close()
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	if trace := read(t, f.trace); trace != prepared+swept+"context canceled\n" {
		t.Errorf("called:\n%s", trace)
	}
}
