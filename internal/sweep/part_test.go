package sweep

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// part in the environment says what the test binary plays in place of testing:
// its words are separated by commas.
const part = "UNBUSY_SWEEP_PART"

// burst is how often a part does what it does for each character.
const burst = 30

// parts are what can be played.
var parts = map[string]func(words []string) error{
	"attack": attack,
	"clone":  cloneNamespaces,
	"thread": threadAway,
	"enter":  threadEnter,
	"helper": startHelper,
	"anew":   mountAnew,
}

// act plays a part once for each character that it reads. It answers on standard
// output when it has done so for the first time, as cat would.
func act(play string) int {
	runtime.LockOSThread()
	words := strings.Split(play, ",")
	for first := true; ; first = false {
		if _, err := io.ReadFull(os.Stdin, make([]byte, 1)); err != nil {
			return 0
		}
		if err := parts[words[0]](words[1:]); err != nil {
			fmt.Fprintln(os.Stderr, play+":", err)
			return 1
		}
		if first {
			fmt.Fprint(os.Stdout, "x")
		}
	}
}

// again has a part played once more.
func again(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if _, err := inputs[cmd].Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
}

// player starts the test binary to play a part in the namespace of a process.
func player(t *testing.T, where *exec.Cmd, words ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{program}
	if where != nil {
		args = []string{"nsenter", fmt.Sprintf("--mount=/proc/%d/ns/mnt", where.Process.Pid), program}
	}
	// Whoever is attacked has to get on with it on a machine that is busy.
	cmd := exec.Command("nice", append([]string{"-n", "19"}, args...)...)
	cmd.Env = append(os.Environ(), part+"="+strings.Join(words, ","), "GOMAXPROCS=1", "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return start(t, cmd)
}

// stop ends a part when all that it was asked for is done.
func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := inputs[cmd].Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// cloneNamespaces makes namespaces, each of which is gone with the next one.
func cloneNamespaces([]string) error {
	for range burst {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return err
		}
	}
	return nil
}

// threadAway has a thread, which is not the first one of the process, in a
// namespace of its own.
func threadAway([]string) error {
	answer := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			answer <- err
			return
		}
		err := unix.Unshare(unix.CLONE_NEWNS)
		if err == nil {
			err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		}
		answer <- err
		select {}
	}()
	if err := <-answer; err != nil {
		return err
	}
	return nil
}

// entered says that threadEnter was called before.
var entered bool

// threadEnter has a thread go to the namespace of a link that is the next line of
// standard input. At first it does nothing.
func threadEnter([]string) error {
	if !entered {
		entered = true
		return nil
	}
	link, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	go func() {
		runtime.LockOSThread()
		ns, err := os.Open(strings.TrimSpace(link))
		if err == nil {
			err = unix.Unshare(unix.CLONE_FS)
		}
		if err == nil {
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNS)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		select {}
	}()
	return nil
}
