package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v3"
)

func sweepCommand() *cli.Command {
	return &cli.Command{
		Name:      "sweep",
		Usage:     "detach what is left of stopped containers in other mount namespaces",
		ArgsUsage: targetUsage + "...",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "detach everything of which it is certain that its owner is gone"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be detached, and detach nothing"},
			&cli.BoolFlag{Name: "leaf", Usage: "detach copies as well that were bound to a place of their own"},
			&cli.BoolFlag{Name: "host", Usage: "detach other mounts as well that are in the engine's own mount namespace"},
			timeoutFlag(),
			jsonFlag(),
		},
		Action: sweepTargets,
	}
}

func sweepTargets(ctx context.Context, command *cli.Command) error {
	words := command.Args().Slice()
	all := command.Bool("all")
	switch {
	case all && len(words) > 0:
		return errors.New("sweep takes either targets or --all")
	case !all && len(words) == 0:
		return errors.New("sweep needs a target, or --all")
	case all && (command.Bool("leaf") || command.Bool("host")):
		return errors.New("--leaf and --host are for targets that somebody names, not for --all")
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
	if all {
		return h.sweepAll(ctx, command)
	}
	targets, err := h.resolve(ctx, words)
	if err != nil {
		return err
	}
	a := action{
		detach: true, dryRun: command.Bool("dry-run"),
		leaf: command.Bool("leaf"), host: command.Bool("host"), proc: h.proc(),
	}
	swept := make([]findings, 0, len(targets))
	held := false
	for _, t := range targets {
		f, err := examine(ctx, t, a)
		if err != nil {
			return err
		}
		swept = append(swept, f)
		held = held || f.held()
	}
	h.warnIncomplete(swept...)
	if err := h.writeSweeps(command, swept); err != nil {
		return err
	}
	if held {
		return statusError(ExitHeld)
	}
	return nil
}

// writeSweeps prints what became of targets: as JSON one object for one target,
// and a list for several.
func (*host) writeSweeps(command *cli.Command, swept []findings) error {
	out := command.Root().Writer
	switch {
	case !command.Bool("json"):
		return writeFindings(out, swept, true)
	case len(swept) == 1:
		return writeJSON(out, swept[0].asJSON(true))
	}
	return writeJSON(out, sweepsJSON(swept))
}

// severalJSON is the JSON of several sweeps.
type severalJSON struct {
	Sweeps []findingsJSON `json:"sweeps"`
}

func sweepsJSON(swept []findings) severalJSON {
	several := severalJSON{Sweeps: []findingsJSON{}}
	for i := range swept {
		several.Sweeps = append(several.Sweeps, swept[i].asJSON(true))
	}
	return several
}
