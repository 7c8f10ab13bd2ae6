package config

import (
	"time"

	"github.com/unbusy/unbusy/pkg/spec"
)

// DefaultPath is where the configuration file lives unless a command is told
// otherwise.
const DefaultPath = "/etc/unbusy/config.toml"

// The values of [Config.Log].
const (
	LogAuto = "auto" // the system log
	LogNone = "none" // nowhere
)

// The values of [Config.RuntimeKind].
const (
	KindRunc = "runc"
	KindCrun = "crun"
)

// The values of [Config.DetachAtCreate].
const (
	DetachAuto = "auto" // where the kernel fails for a mountpoint of any namespace
	DetachOn   = "on"
	DetachOff  = "off"
)

// The values of [Config.Namespaces].
const (
	NamespacesAuto = "auto" // the kernel's own list where it has one
	NamespacesProc = "proc" // the search of /proc
)

const (
	// defaultSweepBudget is below half a second for both deletes of a stop: the
	// second one finds nothing to do.
	defaultSweepBudget = 400 * time.Millisecond
	// maxSweepBudget is less than what engines wait for a runtime.
	maxSweepBudget = 10 * time.Second
)

// Config holds the settings of the configuration file. [Default] says what
// they are without one.
type Config struct {
	// File is the path of the file that was read, empty if there was none.
	File string
	// Runtime is the path or the name of the wrapped runtime; empty leaves the
	// choice to the wrapper.
	Runtime string
	// RuntimeKind says which runtime's behaviour a binary has that is not
	// known by its name: KindRunc, KindCrun, or empty for "do not guess".
	RuntimeKind string
	// RewriteReadOnly says whether read-only covering binds are rewritten too.
	RewriteReadOnly bool
	// HonorAnnotations says whether a container may ask by annotation to be
	// left alone.
	HonorAnnotations bool
	// MayDetachMounts says whether the sysctl fs.may_detach_mounts is turned
	// on where the kernel has it.
	MayDetachMounts bool
	// DetachAtCreate says whether a new container's private copies of other
	// containers' mounts are detached before it starts.
	DetachAtCreate string
	// SweepBudget is how long the look for a container's mounts in other mount
	// namespaces may take when it has ended; 0 means not to look.
	SweepBudget time.Duration
	// Namespaces says how mount namespaces are found.
	Namespaces string
	// Log says where messages go beside the runtime's own log.
	Log string
	// Roots are runtime roots to be known in addition to those found.
	Roots []Root
	// Areas are mount areas to be known in addition to those of the roots.
	Areas []spec.Area
}

// Root is a runtime root that the configuration file adds.
type Root struct {
	// Engine names the engine whose directory it is. Which names there are is
	// known to the package that finds roots, which reports any other.
	Engine string
	// Path is the directory, absolute and not "/".
	Path string
}

// Default returns the settings that apply without a configuration file.
func Default() Config {
	return Config{
		RewriteReadOnly:  true,
		HonorAnnotations: true,
		MayDetachMounts:  true,
		DetachAtCreate:   DetachAuto,
		SweepBudget:      defaultSweepBudget,
		Namespaces:       NamespacesAuto,
		Log:              LogAuto,
	}
}
