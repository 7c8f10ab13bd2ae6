package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/log"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/rewrite"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

func rewriteCommand() *cli.Command {
	return &cli.Command{
		Name:  "rewrite",
		Usage: "change a bundle's config.json as unbusy-runtime would before the container's start",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "bundle", Usage: "the bundle's `DIR`ectory", Required: true},
			&cli.StringFlag{Name: "runtime", Usage: "the `RUNTIME` that will read it: runc or crun (default: the configured one)"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be changed, and change nothing"},
			jsonFlag(),
		},
		Action: func(ctx context.Context, command *cli.Command) error {
			if err := noArguments(command); err != nil {
				return err
			}
			report, err := rewriteBundle(ctx, command)
			if err != nil {
				return err
			}
			if command.Bool("json") {
				return writeJSON(command.Root().Writer, report)
			}
			return writeRewrite(command.Root().Writer, report)
		},
	}
}

// rewriteReport is what the command prints.
type rewriteReport struct {
	Bundle string `json:"bundle"`
	// Changes says whether the decisions change the specification, Written
	// whether the file was replaced.
	Changes   bool            `json:"changes"`
	Written   bool            `json:"written"`
	Decisions []spec.Decision `json:"decisions"`
}

func rewriteBundle(ctx context.Context, command *cli.Command) (rewriteReport, error) {
	stderr := command.Root().ErrWriter
	runtime := spec.Runtime(command.String("runtime"))
	if command.IsSet("runtime") && runtime != spec.RuntimeRunc && runtime != spec.RuntimeCrun {
		return rewriteReport{}, fmt.Errorf("--runtime %q is neither runc nor crun", runtime)
	}
	if command.String("bundle") == "" {
		return rewriteReport{}, errors.New("--bundle is empty")
	}
	bundle, err := filepath.Abs(command.String("bundle"))
	if err != nil {
		return rewriteReport{}, err
	}
	switch info, err := os.Stat(bundle); {
	case err != nil:
		return rewriteReport{}, fmt.Errorf("the bundle: %w", err)
	case !info.IsDir():
		return rewriteReport{}, fmt.Errorf("the bundle %s is not a directory", bundle)
	}
	settings, err := loadConfig(stderr)
	if err != nil {
		return rewriteReport{}, err
	}
	if runtime == spec.RuntimeUnknown {
		runtime = configuredRuntime(settings)
	}
	dryRun := command.Bool("dry-run")
	decisions, err := rewrite.Do(rewrite.Request{
		Bundle:            bundle,
		Runtime:           runtime,
		KeepReadOnly:      !settings.RewriteReadOnly,
		IgnoreAnnotations: !settings.HonorAnnotations,
		DryRun:            dryRun,
		Host: func() ([]*mountinfo.Info, []spec.Area, error) {
			table, err := mountns.OwnTable()
			if err != nil {
				return nil, nil, err
			}
			found := roots.FindAll(ctx, roots.Host{UID: os.Geteuid(), Mounts: table, Config: settings})
			for _, warning := range found.Warnings {
				warn(stderr, warning)
			}
			return table, found.Areas(), nil
		},
	})
	if err != nil {
		return rewriteReport{}, oneLine(err)
	}
	if decisions == nil {
		decisions = []spec.Decision{} // null is no list
	}
	changes := spec.Changes(decisions)
	return rewriteReport{Bundle: bundle, Changes: changes, Written: changes && !dryRun, Decisions: decisions}, nil
}

// configuredRuntime tells what unbusy-runtime would become when it is called by
// its own name.
func configuredRuntime(settings config.Config) spec.Runtime {
	switch {
	case settings.RuntimeKind != "":
		return spec.Runtime(settings.RuntimeKind)
	case filepath.Base(settings.Runtime) == string(spec.RuntimeCrun):
		return spec.RuntimeCrun
	default:
		return spec.RuntimeRunc
	}
}

// oneLine joins what several errors say by "; " instead of line feeds.
func oneLine(err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
}

func writeRewrite(out io.Writer, report rewriteReport) error {
	var b strings.Builder
	for _, d := range report.Decisions {
		where := "rootfsPropagation"
		if d.Source != "" {
			where = "mount at " + log.Escape(d.Destination) + " of " + log.Escape(d.Source)
		}
		if d.Action == spec.ActionLeave {
			fmt.Fprintf(&b, "%s stays %s: %s\n", where, list(d.Before, ","), d.Reason)
		} else {
			fmt.Fprintf(&b, "%s: %s becomes %s: %s\n", where, list(d.Before, ","), list(d.After, ","), d.Reason)
		}
		if len(d.Covers) > 0 {
			fmt.Fprintf(&b, "  covers %s\n", areaList(d.Covers))
		}
		if private := d.Unprotected(); private != nil {
			fmt.Fprintf(&b, "  keeps copies all the same below private mounts of the host: %s\n", list(private, " "))
		}
	}
	outcome := "needs no change"
	switch {
	case report.Written:
		outcome = "was rewritten"
	case report.Changes:
		outcome = "would be rewritten"
	}
	fmt.Fprintf(&b, "%s %s\n", log.Escape(filepath.Join(report.Bundle, "config.json")), outcome)
	_, err := io.WriteString(out, b.String())
	return err
}

func list(values []string, separator string) string {
	if len(values) == 0 {
		return "(unset)"
	}
	return log.Escape(strings.Join(values, separator))
}

// areaList names the first few areas: a bind of the host's root covers dozens.
func areaList(covers []spec.Cover) string {
	const most = 3
	var names []string
	for _, c := range covers[:min(most, len(covers))] {
		names = append(names, filepath.Join(c.Root, c.Owner))
	}
	text := list(names, ", ")
	if more := len(covers) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
