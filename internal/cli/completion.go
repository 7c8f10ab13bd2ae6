package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"
)

// strictCompletion makes the library's command that prints completion scripts
// as strict as the others. Asked for a shell that it does not know, it would
// print its own help.
func strictCompletion(completion *cli.Command) {
	completion.Usage = "print the script that lets a shell complete command lines of unbusy"
	completion.HideHelpCommand = true
	completion.OnUsageError = usageError
	completion.Action = func(_ context.Context, command *cli.Command) error {
		return fmt.Errorf("completion needs the name of a shell, bash, zsh or fish, and was given %q", command.Args().First())
	}
	for _, shell := range completion.Commands {
		shell.HideHelpCommand = true
		shell.OnUsageError = usageError
		script := shell.Action
		shell.Action = func(ctx context.Context, command *cli.Command) error {
			if err := noArguments(command); err != nil {
				return err
			}
			return script(ctx, command)
		}
	}
}
