package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"
)

const targetUsage = "TARGET"

func whoCommand() *cli.Command {
	return &cli.Command{
		Name:      "who",
		Usage:     "say who holds a container, path, block device or network namespace besides its engine",
		ArgsUsage: targetUsage,
		Flags:     []cli.Flag{timeoutFlag(), jsonFlag()},
		Action:    who,
	}
}

func who(ctx context.Context, command *cli.Command) error {
	words := command.Args().Slice()
	switch {
	case len(words) == 0:
		return errors.New("who needs a target: a container, a path, a block device or a network namespace")
	case len(words) > 1:
		return fmt.Errorf("who takes one target, and was given %q as well", words[1])
	}
	ctx, cancel, err := timeLimit(ctx, command)
	if err != nil {
		return err
	}
	defer cancel()
	h, err := openHost(command.Root().ErrWriter)
	if err != nil {
		return err
	}
	targets, err := h.resolve(ctx, words)
	if err != nil {
		return err
	}
	f, err := examine(ctx, targets[0], action{proc: h.proc()})
	if err != nil {
		return err
	}
	h.warnIncomplete(f)
	if command.Bool("json") {
		err = writeJSON(command.Root().Writer, f.asJSON(false))
	} else {
		err = writeFindings(command.Root().Writer, []findings{f}, false)
	}
	if err == nil && f.held() {
		err = statusError(ExitHeld)
	}
	return err
}

// warnIncomplete says what could not be looked at.
func (h *host) warnIncomplete(all ...findings) {
	said := make(map[string]bool)
	for _, f := range all {
		for _, what := range f.incomplete {
			if !said[what] {
				said[what] = true
				warn(h.stderr, errors.New(what))
			}
		}
	}
}
