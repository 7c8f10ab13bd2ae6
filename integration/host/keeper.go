package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keeperPatience bounds the keeper's whole cleaning, and a little more the wait
// for it.
const keeperPatience = 30 * time.Second

// startKeeper starts the keeper of a new box and waits until it has made the
// box's directory and cgroups and watches this process.
func startKeeper(name string) (int, error) {
	ready, write, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer ready.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(),
		stageVar+"="+stageKeeper, nameVar+"="+name, parentVar+"="+strconv.Itoa(os.Getpid()))
	// Whoever waits for the end of our output thereby waits for the cleaning.
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{write}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(ready)
	if err != nil {
		return 0, err
	}
	if string(answer) != "ready" {
		err := cmd.Wait()
		return 0, fmt.Errorf("the keeper did not get ready: %w: %s", err, answer)
	}
	return cmd.Process.Pid, nil
}

// dismissKeeper asks the keeper of a box, a child of this process, to clean up
// and waits until it has.
func dismissKeeper(pid int) error {
	keeper, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := keeper.Signal(unix.SIGTERM); err != nil {
		return fmt.Errorf("ask the keeper: %w", err)
	}
	overdue := time.AfterFunc(2*keeperPatience, func() { _ = keeper.Kill() })
	defer overdue.Stop()
	state, err := keeper.Wait()
	if err != nil {
		return fmt.Errorf("wait for the keeper: %w", err)
	}
	if !state.Success() {
		return fmt.Errorf("the keeper ended with %s", state)
	}
	return nil
}

// keep is the keeper's life: prepare, wait for the end of the program in the
// box or for its word, clean. It returns the exit status.
func keep() int {
	signal.Ignore(unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE)
	told := make(chan os.Signal, 1)
	signal.Notify(told, unix.SIGTERM)
	say := os.NewFile(3, "ready")
	name := os.Getenv(nameVar)

	// Not Getppid: the program may be dead already, and our parent PID 1.
	parent, err := strconv.Atoi(os.Getenv(parentVar))
	if err != nil {
		fmt.Fprint(say, err)
		return 1
	}
	ended, err := watch(parent)
	if err != nil {
		fmt.Fprint(say, err)
		return 1
	}
	giveBack, err := prepare(name)
	if err != nil {
		fmt.Fprint(say, err)
		return 1
	}
	fmt.Fprint(say, "ready")
	say.Close()

	spared := 0
	select {
	case <-ended:
	case <-told:
		spared = parent
	}
	err = errors.Join(cleanBox(name, spared), giveBack())
	if err != nil {
		fmt.Fprintf(os.Stderr, "box %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", "; "))
		return 1
	}
	return 0
}

// prepare makes what the box needs outside its mount namespace.
func prepare(name string) (giveBack func() error, err error) {
	giveBack, err = borrow()
	if err != nil {
		return nil, err
	}
	// Not MkdirAll: a second box of the same name would clean up the first.
	if err := os.Mkdir(throwAway(name), 0o755); err != nil {
		return nil, errors.Join(err, giveBack())
	}
	if err := makeCgroup(name); err != nil {
		return nil, errors.Join(err, cleanBox(name, 0), giveBack())
	}
	return giveBack, nil
}

// watch returns a channel that is closed when the parent process has ended. It
// is an error if that has happened before.
func watch(parent int) (<-chan struct{}, error) {
	fd, err := unix.PidfdOpen(parent, 0)
	if err != nil {
		return nil, fmt.Errorf("watch process %d: %w", parent, err)
	}
	// The pid may have been another's by then, unless its owner is our parent
	// still.
	if os.Getppid() != parent {
		unix.Close(fd)
		return nil, errors.New("the program ended before its box was there")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = waitReadable(fd, -1)
		unix.Close(fd)
	}()
	return ended, nil
}
