package host

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Environment variables by which one life of the program tells the next one
// where it is. The name stays set for everything that runs in the box: it is the
// mark of the box's processes.
const (
	nameVar   = "UNBUSY_BOX"        // name of the box; chosen at random if not set
	stageVar  = "UNBUSY_BOX_STAGE"  // what this life of the program is for
	keeperVar = "UNBUSY_BOX_KEEPER" // pid of the keeper
	parentVar = "UNBUSY_BOX_PARENT" // pid of the program, for the keeper
	codeVar   = "UNBUSY_BOX_CODE"   // what Leave was called with
)

// Stages. The program itself is stageless, inside and then outside, always
// under the same pid; the keeper is a process beside it.
const (
	stageInside  = "inside"
	stageOutside = "outside"
	stageKeeper  = "keeper"
)

// ErrNotRoot is Enter's answer to an ordinary user.
var ErrNotRoot = errors.New("a box with mounts, cgroups and daemons of its own needs root")

// box is what this process is in, nil outside.
var box *inside

// inside is the box as the program in it sees it.
type inside struct {
	name   string // unique; part of everything that belongs to the box
	dir    string // throw-away directory
	keeper int    // pid
	hosts  atomic.Int32
}

// Enter puts the program into a new box. It has to be called before anything
// that should not happen twice: the program is executed anew, with the same pid,
// arguments and standard files, and returns from Enter inside. What needs the
// world outside, such as its name resolution, is for prepare, which is called
// there, once. The error is prepare's, or satisfies errors.Is(err, ErrNotRoot)
// for an ordinary user.
//
// Executing is how all threads of a Go program get into another mount
// namespace: only one can unshare it, and exec ends the others.
func Enter(prepare func() error) error {
	switch os.Getenv(stageVar) {
	case "":
		if os.Geteuid() != 0 {
			return ErrNotRoot
		}
		if err := prepare(); err != nil {
			return err
		}
		return begin()
	case stageInside:
		return arrive()
	case stageKeeper:
		os.Exit(keep()) //nolint:forbidigo // this process is the keeper and never anything else
	case stageOutside:
		os.Exit(end()) //nolint:forbidigo // the program has returned from main already, this is its epilogue
	}
	return fmt.Errorf("%s has an unknown value", stageVar)
}

// Leave takes the program out of the box, waits until nothing of the box is left
// and ends the process with the given code, or with 1 if that was 0 and
// something could not be cleaned up. It returns only if the way out is barred,
// with the code to exit with. It may be called from any goroutine, whatever the
// others are doing.
func Leave(code int) int {
	if box == nil {
		return code
	}
	runtime.LockOSThread()
	if err := stepOut(code); err != nil {
		fmt.Fprintln(os.Stderr, "leave the box:", err)
	}
	return max(code, 1)
}

// begin starts the keeper and becomes the program inside.
func begin() error {
	name := os.Getenv(nameVar)
	if name == "" {
		name = fmt.Sprintf("%s%d-%06x", namePrefix, os.Getpid(), rand.Uint32()>>8)
	}
	keeper, err := startKeeper(name)
	if err != nil {
		return fmt.Errorf("prepare a box: %w", err)
	}
	runtime.LockOSThread()
	if err := joinCgroup(name); err != nil {
		return fmt.Errorf("enter the box: %w", err)
	}
	if err := newNamespace(); err != nil {
		return fmt.Errorf("enter the box: %w", err)
	}
	return again(stageInside, nameVar+"="+name, keeperVar+"="+strconv.Itoa(keeper))
}

// arrive is the first step inside.
func arrive() error {
	keeper, err := strconv.Atoi(os.Getenv(keeperVar))
	if err != nil {
		return fmt.Errorf("%s: %w", keeperVar, err)
	}
	name := os.Getenv(nameVar)
	box = &inside{name: name, dir: throwAway(name), keeper: keeper}
	return errors.Join(stayPresent(), forget(stageVar, keeperVar))
}

// stepOut returns to the keeper's mount namespace and becomes the program's
// last life there.
func stepOut(code int) error {
	namespace, err := os.Open(filepath.Join("/proc", strconv.Itoa(box.keeper), "ns/mnt"))
	if err != nil {
		return fmt.Errorf("the keeper is gone: %w", err)
	}
	defer namespace.Close()
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNS); err != nil {
		return err
	}
	return again(stageOutside, keeperVar+"="+strconv.Itoa(box.keeper), codeVar+"="+strconv.Itoa(code))
}

// end waits outside for the keeper to finish.
func end() int {
	code, err := strconv.Atoi(os.Getenv(codeVar))
	if err != nil {
		return 1
	}
	keeper, err := strconv.Atoi(os.Getenv(keeperVar))
	if err != nil {
		return 1
	}
	if err := dismissKeeper(keeper); err != nil {
		fmt.Fprintln(os.Stderr, "clean up after the box:", err)
		return max(code, 1)
	}
	return code
}

// again executes the program anew for another stage.
func again(stage string, env ...string) error {
	lock, err := keepPresent()
	if err != nil {
		return err
	}
	env = append(append(env, stageVar+"="+stage), lock...)
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !mentions(env, name) {
			env = append(env, entry)
		}
	}
	return fmt.Errorf("execute the program anew: %w", unix.Exec("/proc/self/exe", os.Args, env))
}

func mentions(env []string, name string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, name+"=") {
			return true
		}
	}
	return false
}

func forget(names ...string) error {
	for _, name := range names {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	return nil
}

// throwAway is the directory of the box with that name. The name is short
// because sockets live below, whose paths have at most 107 bytes.
func throwAway(name string) string { return filepath.Join(os.TempDir(), name) }
