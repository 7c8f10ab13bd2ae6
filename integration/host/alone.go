package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// lockVar is the descriptor of the lock, for the next life of the program.
const lockVar = "UNBUSY_BOX_LOCK"

// present is held by every test program for as long as it runs: shared, so that
// packages can be tested at the same time, or by a test that wants to be alone.
var present *os.File

// Attend is a prepare for [Enter]: the program, a package's tests, lets those of
// other packages that want to be alone wait, and waits for them.
func Attend() error { return attend(unix.LOCK_SH) }

// AttendAlone is [Attend] for a package whose tests are about all that there is on
// a machine, such as which containers run: boxes share the machine's pids. A
// package without a box calls it by itself.
func AttendAlone() error { return attend(unix.LOCK_EX) }

func attend(how int) error {
	file, err := os.OpenFile(filepath.Join(os.TempDir(), "unbusy-tests.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	present = file
	return lock(how)
}

// keepPresent lets the next life of the program have the lock, and returns what
// tells it.
func keepPresent() ([]string, error) {
	if present == nil {
		return nil, nil
	}
	if _, err := unix.FcntlInt(present.Fd(), unix.F_SETFD, 0); err != nil {
		return nil, fmt.Errorf("keep the lock: %w", err)
	}
	return []string{lockVar + "=" + strconv.Itoa(int(present.Fd()))}, nil
}

// stayPresent takes over the lock of the life before, which the daemons of a test
// must not inherit.
func stayPresent() error {
	text, ok := os.LookupEnv(lockVar)
	if !ok {
		return nil
	}
	fd, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%s: %w", lockVar, err)
	}
	unix.CloseOnExec(fd)
	present = os.NewFile(uintptr(fd), "lock")
	return forget(lockVar)
}

func lock(how int) error {
	for {
		if err := unix.Flock(int(present.Fd()), how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Alone is for one test what [AttendAlone] is for a package: it waits until no other
// package is being tested, and has others wait for the end of the test. By the name
// that the test has to have, make integration knows that it comes last: among the
// others its package would take the place of one for as long as it waits.
func Alone(t testing.TB) {
	t.Helper()
	if !strings.HasPrefix(t.Name(), "TestAlone") {
		t.Fatal("a test that has to be alone is called TestAlone...")
	}
	if present == nil {
		return
	}
	if err := lock(unix.LOCK_EX); err != nil {
		t.Fatalf("wait to be alone: %v", err)
	}
	t.Cleanup(func() {
		if err := lock(unix.LOCK_SH); err != nil {
			t.Errorf("let others in: %v", err)
		}
	})
}
