package config

import (
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// salvageRuntime reads the keys that choose the runtime from a file that as a
// whole is broken: from those of its lines, before the first table, that make
// sense by themselves.
func salvageRuntime(data []byte) (runtime, kind string) {
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(strings.TrimSpace(line), "[") {
			break
		}
		var one struct {
			Runtime     runtimeName `toml:"runtime"`
			RuntimeKind runtimeKind `toml:"runtime_kind"`
		}
		if toml.Unmarshal([]byte(line), &one) != nil {
			continue
		}
		if one.Runtime.string != "" {
			runtime = one.Runtime.string
		}
		if one.RuntimeKind.string != "" {
			kind = one.RuntimeKind.string
		}
	}
	return runtime, kind
}
