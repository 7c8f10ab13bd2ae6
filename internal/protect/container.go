package protect

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/events"
	"github.com/unbusy/unbusy/internal/linux"
)

// Container is a container that is about to be created.
type Container struct {
	// Bundle is its bundle directory, "" for the current directory.
	Bundle string
	// Config is the path of its specification, "" for the bundle's config.json.
	Config string
	// Runtime is the path of the OCI runtime that will create it.
	Runtime  string
	Settings Settings
	Log      *logrus.Entry
	// Program is the part of unbusy that protects it, for the record of
	// failures.
	Program string
	// Look is [Look] of who has begun with that before, nil to look if need be.
	Look func() (Host, error)
}

// Settings are the configuration as it was read.
type Settings struct {
	config.Config
	// Unknown are the keys of the file that mean nothing.
	Unknown []string
	// Err says why the file could not be read: what the operator excluded is not
	// known then, and nothing is rewritten.
	Err error
}

// Load reads the configuration file.
func Load() Settings {
	settings, unknown, err := config.Load(config.DefaultPath)
	return Settings{settings, unknown, err}
}

// Create prepares for the creation of a container: it turns on
// fs.may_detach_mounts and rewrites the specification. It reports failures and
// returns, whatever happens.
func Create(c Container) {
	c.prepare(func(c Container) {
		c.mayDetachMounts()
		c.rewrite()
	})
}

// Rewrite rewrites the specification of a container, and is otherwise as
// [Create].
func Rewrite(c Container) { c.prepare(Container.rewrite) }

// prepare calls f, unless something that f relies on is not known.
func (c Container) prepare(f func(Container)) {
	defer c.recovered()
	// Resolved as the runtime's chdir would: "link/.." is not the directory that
	// the link is in.
	bundle, err := linux.Directory(cmp.Or(c.Bundle, "."))
	if err != nil {
		c.failOpen(err)
		return
	}
	c.Bundle = bundle
	c.Log = c.Log.WithField("bundle", bundle)
	if len(c.Settings.Unknown) > 0 {
		c.Log.Warnf("%s: unknown keys: %s", config.DefaultPath, strings.Join(c.Settings.Unknown, ", "))
	}
	if c.Settings.Err != nil {
		c.failOpen(c.Settings.Err)
		return
	}
	f(c)
}

// recovered is deferred: a panic must not keep a container from starting.
func (c Container) recovered() {
	if r := recover(); r != nil {
		c.failOpen(fmt.Errorf("panic: %v", r))
	}
}

// failOpen says, loudly and where it can be found, that the container starts
// without protection.
func (c Container) failOpen(err error) {
	c.failed("the container starts as it would without unbusy", err)
}

// failed logs and records what could not be done.
func (c Container) failed(consequence string, err error) {
	events.Report(c.Log, consequence, err, events.Event{Kind: events.FailedOpen, Program: c.Program, Bundle: c.Bundle})
}
