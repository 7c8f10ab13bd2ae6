package config

import "github.com/unbusy/unbusy/pkg/spec"

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
		Log:              LogAuto,
	}
}
