package ask

import "strings"

// flag returns the last value that a command line gives a flag under any of its
// names: "--state=/x", "--state /x".
func flag(args []string, names ...string) string {
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
