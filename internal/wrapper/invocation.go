package wrapper

import (
	"cmp"
	"slices"
	"strings"
)

// Invocation is what a runtime's command line says, as far as it matters here.
type Invocation struct {
	// Command is the command word, "" if there is none.
	Command string
	// Bundle is the value of --bundle, "" for the current directory.
	Bundle string
	// Config is the value of crun's --config, "" for the bundle's config.json.
	Config string
	// Log and LogFormat are the values of --log and --log-format.
	Log, LogFormat string
	// Root is the value of --root, "" for the runtime's default.
	Root string
	// ID is the container that start or delete is about, "" if it is not just
	// one, or not certain.
	ID string
}

// The options that take a value, by the names without dashes: runc's, crun's
// and youki's before the command, and those of create and run. An option that
// is not listed is taken for a switch. If it takes a value after all, that
// value is taken for a command, which is then not create or run: the command
// line is passed on, and nothing is rewritten.
var (
	globalOptions  = []string{"root", "log", "log-format", "log-level", "rootless", "criu", "cgroup-manager"}
	commandOptions = []string{"bundle", "config", "console-socket", "pidfd-socket", "pid-file", "preserve-fds"}
	// shortOptions are the one-letter names of command options.
	shortOptions = map[string]string{"b": "bundle", "f": "config"}
)

// ParseInvocation reads a runtime's arguments, without argv[0], as runc and
// crun read them: options may have one dash or two, their values follow "=" or
// as the next argument, and of an option that is given twice the last one
// counts.
func ParseInvocation(args []string) Invocation {
	var inv Invocation
	args = parseGlobal(&inv, args)
	if len(args) == 0 {
		return inv
	}
	inv.Command = args[0]
	switch {
	case inv.StartsContainer():
		parseCommand(&inv, args[1:])
	case inv.Command == "start":
		inv.ID = parseID(args[1:])
	case inv.Command == "delete":
		inv.ID = parseID(args[1:], "force", "f")
	}
	return inv
}

// StartsContainer reports whether the runtime is about to read a container's
// specification for the first time.
func (inv Invocation) StartsContainer() bool { return inv.Command == "create" || inv.Command == "run" }

// parseGlobal reads what stands before the command and returns the rest.
func parseGlobal(inv *Invocation, args []string) []string {
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" {
			return args[1:]
		}
		if !isOption(arg) {
			return args
		}
		var name, value string
		name, value, args = takeOption(arg, args[1:], globalOptions)
		switch name {
		case "log":
			inv.Log = value
		case "log-format":
			inv.LogFormat = value
		case "root":
			// To runc an empty value is the current directory (utils.go,
			// reviseRootDir).
			inv.Root = cmp.Or(value, ".")
		}
	}
	return nil
}

// parseCommand reads the arguments of create and run. Options count on both
// sides of the container's id, as they do for runc.
func parseCommand(inv *Invocation, args []string) {
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" {
			return
		}
		args = args[1:]
		if !isOption(arg) {
			continue
		}
		var name, value string
		name, value, args = takeOption(arg, args, commandOptions)
		switch name {
		case "bundle":
			inv.Bundle = value
		case "config":
			inv.Config = value
		}
	}
}

// parseID returns the one argument of a command, if there is just one. Options
// stand on both sides of it, as they may for runc. An option that is not among
// the switches can mean anything, crun's --regex that the argument names many
// containers: then nothing is returned.
func parseID(args []string, switches ...string) string {
	var operands []string
	for i, arg := range args {
		if arg == "--" {
			operands = append(operands, args[i+1:]...)
			break
		}
		if !isOption(arg) {
			operands = append(operands, arg)
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		if !slices.Contains(switches, name) {
			return ""
		}
	}
	if len(operands) != 1 {
		return ""
	}
	return operands[0]
}

func isOption(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// takeOption splits an option into name and value, and takes the value from
// the arguments that follow if it is there. It returns those that are left.
func takeOption(arg string, rest, withValue []string) (name, value string, left []string) {
	text := strings.TrimPrefix(arg[1:], "-")
	name, value, assigned := strings.Cut(text, "=")
	if long, ok := shortOptions[name]; ok {
		name = long
	}
	if slices.Contains(withValue, name) {
		if !assigned && len(rest) > 0 {
			return name, rest[0], rest[1:]
		}
		return name, value, rest
	}
	// crun also takes a short option and its value in one argument: -bPATH.
	if text == arg[1:] {
		if long, ok := shortOptions[text[:1]]; ok && slices.Contains(withValue, long) {
			return long, text[1:], rest
		}
	}
	return name, value, rest
}
