package hook

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/unbusy/unbusy/internal/log"
	"github.com/unbusy/unbusy/internal/protect"
)

const program = "unbusy-hook"

// patience is how long one stage may take in all, its input included. An engine
// has written that before it waits, and is not kept waiting by one that never
// ends.
const patience = 10 * time.Second

// Exit statuses other than 0.
const (
	exitNoAnswer = 1
	exitUsage    = 2
)

// stages are what an engine or a runtime may call the hook for, by the words of
// the OCI runtime specification and, for precreate, of podman.
var stages = map[string]func(context.Context, call) int{
	"precreate":     precreate,
	"prestart":      created,
	"createRuntime": created,
	"poststop":      ended,
}

// Main carries out the stage that the command line names, and returns the exit
// status. args includes the program's own name.
func Main(version string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return within(ctx, version, args, stdin, stdout, stderr)
}

// within is Main, with the time that it may take.
func within(ctx context.Context, version string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	word := ""
	if len(args) == 2 {
		word = args[1]
	}
	if word == "--version" {
		fmt.Fprintf(stdout, "%s version %s\n", program, version)
		return 0
	}
	stage, known := stages[word]
	if !known {
		complain(stderr, "expected one argument: precreate, prestart, createRuntime or poststop")
		return exitUsage
	}
	settings := protect.Load()
	return stage(ctx, call{
		stdin: stdin, stdout: stdout, stderr: stderr,
		settings: settings, log: newLog(settings.Config).WithField("stage", word),
	})
}

// complain is for whoever tries the hook by hand: engines throw away what it
// writes to standard error.
func complain(stderr io.Writer, message string) {
	fmt.Fprintln(stderr, log.Escape(program+": "+message))
}
