package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/containerd"
	"github.com/unbusy/unbusy/internal/install/crio"
	"github.com/unbusy/unbusy/internal/install/docker"
	"github.com/unbusy/unbusy/internal/install/podman"
	"github.com/unbusy/unbusy/internal/log"
)

// engine is a container engine whose configuration can be changed.
type engine struct {
	name               string
	install, uninstall install.Planner
	// program is what the engine gets to call.
	program string
}

const (
	runtimeProgram = "unbusy-runtime"
	shimProgram    = "containerd-shim-unbusy-v2"
	// packaged is where packages put unbusy's programs.
	packaged = "/usr/bin"
)

func engines() []engine {
	return []engine{
		{"docker", docker.Install, docker.Uninstall, runtimeProgram},
		{"containerd", containerd.Install, containerd.Uninstall, shimProgram},
		{"crio", crio.Install, crio.Uninstall, runtimeProgram},
		{"podman", podman.Install, podman.Uninstall, runtimeProgram},
	}
}

func installCommand() *cli.Command {
	return engineCommand("install", "let a container engine use unbusy",
		func(e engine) install.Planner { return e.install },
		&cli.BoolFlag{Name: "set-as-default", Usage: "use it also for containers that ask for no runtime"})
}

func uninstallCommand() *cli.Command {
	command := engineCommand("uninstall", "give a container engine its own configuration back",
		func(e engine) install.Planner { return e.uninstall },
		&cli.BoolFlag{Name: checkRemovalFlag, Usage: "tell whether something needs unbusy's programs still, change nothing, and take no engine: status 1 if so"})
	uninstall := command.Action
	command.Action = func(ctx context.Context, command *cli.Command) error {
		if command.Bool(checkRemovalFlag) {
			return checkRemoval(ctx, command)
		}
		return uninstall(ctx, command)
	}
	return command
}

func engineCommand(name, usage string, planner func(engine) install.Planner, flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name:      name,
		Usage:     usage,
		ArgsUsage: strings.Join(engineNames(), "|"),
		Flags: append(flags,
			&cli.StringFlag{Name: "config", Usage: "the engine's configuration `FILE` (default: where the engine looks)"},
			&cli.StringFlag{Name: "prefix", Usage: "the `DIR`ectory in which the host's root directory is mounted; other paths are the host's"},
			&cli.BoolFlag{Name: "dry-run", Usage: "show what would be changed, and change nothing"}),
		Action: func(ctx context.Context, command *cli.Command) error {
			chosen, err := chooseEngine(command)
			if err != nil {
				return err
			}
			host, err := openHostTree(command)
			if err != nil {
				return err
			}
			defer func() { _ = host.Close() }() // which loses nothing
			request, err := installRequest(command, host, chosen)
			if err != nil {
				return err
			}
			return runPlanner(ctx, command, request, planner(chosen))
		},
	}
}

func engineNames() []string {
	var names []string
	for _, e := range engines() {
		names = append(names, e.name)
	}
	return names
}

func chooseEngine(command *cli.Command) (engine, error) {
	if command.Args().Len() != 1 {
		return engine{}, fmt.Errorf("%s takes one argument, an engine: %s", command.Name, strings.Join(engineNames(), ", "))
	}
	for _, e := range engines() {
		if e.name == command.Args().First() {
			return e, nil
		}
	}
	return engine{}, fmt.Errorf("%q is none of the engines %s", command.Args().First(), strings.Join(engineNames(), ", "))
}

func openHostTree(command *cli.Command) (*install.Host, error) {
	if command.IsSet("prefix") && command.String("prefix") == "" {
		return nil, errors.New("--prefix is empty")
	}
	prefix := command.String("prefix")
	if prefix != "" {
		var err error
		if prefix, err = filepath.Abs(prefix); err != nil {
			return nil, err
		}
	}
	return install.OpenHost(prefix)
}

func installRequest(command *cli.Command, host *install.Host, chosen engine) (install.Request, error) {
	request := install.Request{Engine: chosen.name, Host: host, SetAsDefault: command.Bool("set-as-default")}
	if command.IsSet("config") {
		path := command.String("config")
		if !filepath.IsAbs(path) {
			return request, fmt.Errorf("--config %q is not an absolute path", path)
		}
		request.Config = filepath.Clean(path)
	}
	request.Runtime = ownProgram(host, runtimeProgram)
	request.Shim = ownProgram(host, shimProgram)
	wanted := map[string]string{runtimeProgram: request.Runtime, shimProgram: request.Shim}
	if command.Name == "install" && wanted[chosen.program] == "" {
		return request, fmt.Errorf("there is no %s beside unbusy, and none in %s", chosen.program, packaged)
	}
	return request, nil
}

// ownProgram is the path of one of unbusy's programs on the host, empty if it is
// not there: beside the running one, if that is on the host, or where packages
// put it.
func ownProgram(host *install.Host, name string) string {
	if self, err := os.Executable(); err == nil {
		dir, err := filepath.Rel(host.Prefix(), filepath.Dir(self))
		path := filepath.Join("/", dir, name)
		if err == nil && dir != ".." && !strings.HasPrefix(dir, "../") && host.Exists(path) {
			return path
		}
	}
	if path := filepath.Join(packaged, name); host.Exists(path) {
		return path
	}
	return ""
}

func runPlanner(ctx context.Context, command *cli.Command, request install.Request, planner install.Planner) error {
	out := command.Root().Writer
	if command.Bool("dry-run") {
		plan, err := install.Show(ctx, request, planner)
		if err != nil {
			return oneLine(err)
		}
		return writePlan(out, plan, true)
	}
	// Whoever interrupts it finds everything as it was.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	plan, err := install.Do(ctx, request, planner)
	if err != nil {
		return oneLine(err)
	}
	return writePlan(out, plan, false)
}

// writePlan shows what is to be changed, or tells what was.
func writePlan(out io.Writer, plan install.Plan, dryRun bool) error {
	var b strings.Builder
	if dryRun {
		for line := range strings.Lines(string(plan.Diff())) {
			// A carriage return belongs to the line, and shows as such.
			text, hasEnd := strings.CutSuffix(line, "\n")
			b.WriteString(escapeLine(text))
			if hasEnd {
				b.WriteByte('\n')
			}
		}
	} else {
		for _, file := range plan.Changed() {
			fmt.Fprintf(&b, "%s %s\n", log.Escape(file.Path), file.Became())
		}
	}
	for _, note := range plan.Notes {
		fmt.Fprintf(&b, "%s\n", log.Escape(note))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// escapeLine is log.Escape that leaves tabs and a carriage return at the end
// alone, with which patch(1) compares.
func escapeLine(text string) string {
	text, cr := strings.CutSuffix(text, "\r")
	parts := strings.Split(text, "\t")
	for i := range parts {
		parts[i] = log.Escape(parts[i])
	}
	text = strings.Join(parts, "\t")
	if cr {
		text += "\r"
	}
	return text
}
