// Command recorder stands in a runtime's place, notes what an engine asks the
// runtime to create, and becomes it, with the name that it was called by. What
// it is told is beside it: see package record.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"syscall"

	"github.com/unbusy/unbusy/integration/capture/record"
)

// The process's first thread is what main has to run on: the kernel keeps
// PR_SET_PDEATHSIG, which containerd's shim sets, by thread.
func init() { goruntime.LockOSThread() }

func main() {
	fmt.Fprintln(os.Stderr, "recorder:", run())
	os.Exit(1)
}

// run returns only if something went wrong. The container does not start then:
// a container that nobody took note of would pass for one that is all right.
func run() error {
	runtime, err := record.Installed()
	if err != nil {
		return err
	}
	if bundle, id, ok := creates(os.Args[1:]); ok {
		note, err := record.Take(bundle)
		if err != nil {
			return fmt.Errorf("note container %s: %w", id, err)
		}
		if err := note.Write(filepath.Join(runtime.Notes, id)); err != nil {
			return fmt.Errorf("note container %s: %w", id, err)
		}
	}
	if runtime.Path != "" {
		if err := os.Setenv("PATH", runtime.Path+":"+os.Getenv("PATH")); err != nil {
			return err
		}
	}
	for {
		if err := syscall.Exec(runtime.Next, os.Args, os.Environ()); !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("execute %s: %w", runtime.Next, err)
		}
	}
}

// creates tells whether the arguments ask for a container to be created, and
// which: engines name the bundle by an option in two words, and end with the
// container's id.
func creates(args []string) (bundle, id string, ok bool) {
	command := slices.IndexFunc(args, func(arg string) bool { return arg == "create" || arg == "run" })
	if command < 0 {
		return "", "", false
	}
	args = args[command:]
	option := slices.IndexFunc(args, func(arg string) bool { return arg == "--bundle" || arg == "-b" })
	if option < 0 || option+2 >= len(args) {
		return "", "", false
	}
	return args[option+1], args[len(args)-1], true
}
