package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/target"
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
	l := startLooker()
	defer l.close()
	f, err := h.find(ctx, words[0], l)
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

// find finds who holds what a word means. If what is mounted here of a container
// shows holders, nothing else is looked at; and if mounts show holders, nor are
// processes that see none.
func (h *host) find(ctx context.Context, word string, l *looker) (findings, error) {
	var near target.Target
	known := false
	err := h.within(ctx, func(func(error)) error {
		near, known = h.near(ctx, word)
		return nil
	})
	if err != nil {
		return findings{}, err
	}
	if known {
		f, err := examine(ctx, near, action{proc: h.proc(), looker: l, near: true, here: true})
		if err != nil || f.held() {
			return f, err
		}
	}
	targets, err := h.resolve(ctx, []string{word})
	if err != nil {
		return findings{}, err
	}
	if !known {
		f, err := examine(ctx, targets[0], action{proc: h.proc(), looker: l, near: true})
		if err != nil || f.held() {
			return f, err
		}
	}
	return examine(ctx, targets[0], action{proc: h.proc(), looker: l})
}

// near resolves the name of a container by what our own namespace shows. For that
// nobody's command line has to be read: an engine that has a container mounted is
// known by the mount.
func (h *host) near(ctx context.Context, word string) (target.Target, bool) {
	table, err := mountns.OwnTable()
	if err != nil {
		return target.Target{}, false
	}
	found := roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: h.settings})
	return target.Near(ctx, h.lister(), found.Roots, word)
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
