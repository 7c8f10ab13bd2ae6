// Package cli is the command line of unbusy.
//
// It is strict: a command that is not understood, or that is about something
// which is not there, touches nothing and is answered with one line on standard
// error and [ExitError].
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/log"
)

// The exit statuses.
const (
	// ExitHeld says that something holds a target, or that something is left of
	// it.
	ExitHeld = 1
	// ExitError says that a command could not be carried out.
	ExitError = 2
)

// statusError is the exit status of a command that was carried out and has said
// everything.
type statusError int

// Error is never shown.
func (s statusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// Run carries out the command line args, argv[0] included, and returns the exit
// status.
func Run(ctx context.Context, version string, args []string, stdout, stderr io.Writer) int {
	app := &cli.Command{
		Name:            "unbusy",
		Usage:           "keep containers from holding each other's mounts",
		Version:         version,
		HideHelpCommand: true,
		Writer:          stdout,
		ErrWriter:       stderr,
		Commands:        []*cli.Command{rootsCommand(), rewriteCommand(), whoCommand(), sweepCommand(), installCommand(), uninstallCommand(), doctorCommand()},
		Action:          noCommand,
		// The library would end the process itself, and print usage texts.
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
		OnUsageError:   usageError,
		// Also makes a hidden command that prints what a shell needs for it.
		EnableShellCompletion:           true,
		ConfigureShellCompletionCommand: strictCompletion,
	}
	for _, command := range app.Commands {
		command.OnUsageError = usageError
		command.HideHelpCommand = true
	}
	err := app.Run(ctx, args)
	var status statusError
	if errors.As(err, &status) {
		return int(status)
	}
	if err != nil {
		printError(stderr, err)
		return ExitError
	}
	return 0
}

func printError(stderr io.Writer, err error) {
	fmt.Fprintf(stderr, "unbusy: %s\n", log.Escape(err.Error()))
}

func usageError(_ context.Context, _ *cli.Command, err error, _ bool) error { return err }

func noCommand(_ context.Context, command *cli.Command) error {
	if command.Args().Present() {
		return fmt.Errorf("unknown command %q; unbusy --help lists the commands", command.Args().First())
	}
	return cli.ShowAppHelp(command)
}

// noArguments refuses arguments that a command has no use for.
func noArguments(command *cli.Command) error {
	if command.Args().Present() {
		return fmt.Errorf("%s takes no argument, and was given %q", command.Name, command.Args().First())
	}
	return nil
}

// loadConfig reads unbusy's configuration. What the wrapper would go on
// without is an error here.
func loadConfig(stderr io.Writer) (config.Config, error) {
	settings, unknown, err := config.Load(config.DefaultPath)
	if err != nil {
		return settings, err
	}
	for _, key := range unknown {
		warn(stderr, fmt.Errorf("%s: unknown key %s", config.DefaultPath, key))
	}
	return settings, nil
}

func warn(stderr io.Writer, err error) {
	fmt.Fprintf(stderr, "unbusy: warning: %s\n", log.Escape(err.Error()))
}
