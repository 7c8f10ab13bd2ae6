package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/log"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
)

func rootsCommand() *cli.Command {
	return &cli.Command{
		Name:  "roots",
		Usage: "list the directories that belong to container engines, and where each was learnt",
		Flags: []cli.Flag{jsonFlag()},
		Action: func(ctx context.Context, command *cli.Command) error {
			if err := noArguments(command); err != nil {
				return err
			}
			stderr := command.Root().ErrWriter
			settings, err := loadConfig(stderr)
			if err != nil {
				return err
			}
			found, err := findRoots(ctx, settings, func(warning error) { warn(stderr, warning) })
			if err != nil {
				return err
			}
			if command.Bool("json") {
				return writeJSON(command.Root().Writer, struct {
					Roots []roots.Root `json:"roots"`
				}{found.Roots})
			}
			return writeRoots(command.Root().Writer, found.Roots)
		},
	}
}

func jsonFlag() cli.Flag { return &cli.BoolFlag{Name: "json", Usage: "print JSON"} }

func findRoots(ctx context.Context, settings config.Config, warn func(error)) (roots.Result, error) {
	table, err := mountns.OwnTable()
	if err != nil {
		return roots.Result{}, err
	}
	found := roots.FindAll(ctx, roots.Host{UID: os.Geteuid(), Mounts: table, Config: settings})
	for _, warning := range found.Warnings {
		warn(warning)
	}
	return found, nil
}

func writeRoots(out io.Writer, found []roots.Root) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ENGINE\tKIND\tPATH\tLEARNT FROM")
	for _, root := range found {
		path := root.Path
		if root.Resolved != root.Path {
			path += " -> " + root.Resolved
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", root.Engine, root.Kind, log.Escape(path), log.Escape(strings.Join(root.Sources, "; ")))
	}
	return table.Flush()
}

func writeJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
