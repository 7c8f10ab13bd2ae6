package install

import "context"

// Request is what an engine's package plans from.
type Request struct {
	// Engine is "docker", "containerd", "crio" or "podman". It names the record.
	Engine string
	// Host is where to look. Everything is read through it.
	Host *Host
	// Config is the engine's configuration file to be used in place of the one
	// that the engine reads by default: absolute, on the host, empty for the
	// default.
	Config string
	// SetAsDefault asks for unbusy as what containers run under that ask for
	// nothing else. It means nothing for a removal.
	SetAsDefault bool
	// Runtime is where unbusy-runtime is on the host, Shim is where
	// containerd-shim-unbusy-v2 is. A removal goes without: they may be gone.
	Runtime, Shim string
	// Record is what earlier installations for this engine have changed. [Do]
	// sets it.
	Record Record
}

// Installed are the files that a removal is about: the one that the operator
// names, or those that something was written to, or else the usual one.
func (r Request) Installed(usual string) []string {
	if paths := r.Record.Configs(); r.Config == "" && len(paths) > 0 {
		return paths
	}
	return []string{usual}
}

// Planner plans an installation, or a removal. It changes nothing.
type Planner func(ctx context.Context, request Request) (Plan, error)
