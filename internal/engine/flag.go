package engine

import "strings"

// Flag returns the last value that an engine's command line gives a flag under
// any of its names, empty if it has none: "--state=/x", "--state /x".
func Flag(args []string, names ...string) string {
	found := ""
	for i, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok && i+1 < len(args) {
			value = args[i+1]
		}
		for _, want := range names {
			if name == want && value != "" {
				found = value
			}
		}
	}
	return found
}
