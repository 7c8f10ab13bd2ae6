package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// sweepAll detaches what lingers at two looks.
func (h *host) sweepAll(ctx context.Context, command *cli.Command) error {
	lingering, skipped, err := target.Twice(ctx, h.lingering)
	if err != nil {
		return err
	}
	a := action{detach: true, dryRun: command.Bool("dry-run"), proc: h.proc()}
	swept, err := examineAll(ctx, lingering, a)
	if err != nil {
		return err
	}
	h.warnIncomplete(swept...)
	out := command.Root().Writer
	if command.Bool("json") {
		err = writeJSON(out, sweepAllJSON{sweepsJSON(swept), skippedAsJSON(skipped)})
	} else {
		err = writeSweepAll(out, swept, skipped)
	}
	if err != nil {
		return err
	}
	for i := range swept {
		if swept[i].held() {
			return statusError(ExitHeld)
		}
	}
	return nil
}

func writeSweepAll(out io.Writer, swept []findings, skipped []target.Skipped) error {
	if err := writeFindings(out, swept, true); err != nil {
		return err
	}
	text := ""
	if len(swept) == 0 {
		text = "nothing lingers\n"
	}
	if n := len(skipped); n > 0 {
		text += fmt.Sprintf("%d mounts in places of container engines were left alone; --json says which and why\n", n)
	}
	_, err := io.WriteString(out, text)
	return err
}

// lingering looks once.
func (h *host) lingering(ctx context.Context) ([]target.Lingering, []target.Skipped, error) {
	type answer struct {
		lingering []target.Lingering
		skipped   []target.Skipped
	}
	done := make(chan answer, 1)
	err := h.within(ctx, func(warn func(error)) error {
		seen, err := h.look(ctx, warn)
		if err != nil {
			return err
		}
		// Of a namespace that cannot be read it is not known what is in use there.
		if len(seen.Incomplete) > 0 {
			return errors.New("nothing was detached: " + seen.Incomplete[0])
		}
		lingering, skipped, err := seen.Lingering(ctx)
		done <- answer{lingering, skipped}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	a := <-done
	return a.lingering, a.skipped, nil
}

// examineAll sweeps everything in one go, and says of each mount what became of
// it.
func examineAll(ctx context.Context, lingering []target.Lingering, a action) ([]findings, error) {
	together := target.Target{ByPlace: true}
	for _, l := range lingering {
		together.Owned = append(together.Owned, l.Owned)
	}
	all, err := examine(ctx, together, a)
	if err != nil {
		return nil, err
	}
	var swept []findings
	for _, l := range lingering {
		f := findings{target: l.Target(), incomplete: all.incomplete}
		for _, h := range all.holders {
			if same(h.Copy.Owned, l.Owned) {
				f.holders = append(f.holders, h)
			}
		}
		for _, u := range all.users {
			if u.uses[0].Device == l.Owned.Device {
				f.users = append(f.users, u)
			}
		}
		swept = append(swept, f)
	}
	return swept, nil
}

func same(a, b cleanup.Owned) bool {
	return a.Path == b.Path && a.Device == b.Device && a.Root == b.Root
}

// The JSON of sweep --all.
type (
	sweepAllJSON struct {
		severalJSON
		Skipped []skippedJSON `json:"skipped"`
	}
	skippedJSON struct {
		Namespace  string `json:"namespace"`
		Mountpoint string `json:"mountpoint"`
		Path       string `json:"path"`
		Reason     string `json:"reason"`
	}
)

func skippedAsJSON(skipped []target.Skipped) []skippedJSON {
	list := make([]skippedJSON, 0, len(skipped))
	for _, s := range skipped {
		list = append(list, skippedJSON{s.Namespace.String(), s.Mountpoint, s.Path, s.Reason})
	}
	return list
}
