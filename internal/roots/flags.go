package roots

import "strings"

// flag returns the last value that a command line gives a flag under any of
// its names, and the name it stands under: "--root=/x", "--root /x", "-r /x"
// and "-r=/x" are all the same to the libraries that engines use. Underscores
// in a long name count as hyphens, as the kubelet has it.
func (p process) flag(names ...string) (value, name string) {
	p.each(names, func(n, v string) { value, name = v, n })
	return value, name
}

// flags returns all values of a flag that may be given more than once.
func (p process) flags(names ...string) []string {
	var values []string
	p.each(names, func(_, v string) { values = append(values, v) })
	return values
}

func (p process) each(names []string, found func(name, value string)) {
	for i, arg := range p.args {
		if arg == "--" {
			return
		}
		name, value, ok := strings.Cut(arg, "=")
		if strings.HasPrefix(name, "--") {
			name = strings.ReplaceAll(name, "_", "-")
		}
		if !ok && i+1 < len(p.args) {
			value = p.args[i+1]
		}
		for _, want := range names {
			if name == want && value != "" {
				found(name, value)
			}
		}
	}
}
