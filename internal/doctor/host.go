package doctor

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
)

// Host is what is examined, and what several areas need of it. It is for any
// number of goroutines.
type Host struct {
	// Config is unbusy's configuration, as far as it makes sense.
	Config config.Config
	// ConfigPath is the file that it was read from, if there is one.
	ConfigPath string
	// ConfigError says why the file could not be used; Config has the defaults
	// then. UnknownKeys are the keys in it that mean nothing.
	ConfigError error
	UnknownKeys []string
	// Lister finds mount namespaces in the way that the configuration wants.
	Lister *mountns.Lister

	roots   func() roots.Result
	seen    func() (*target.Host, error)
	engines func() ([]engine.Process, error)
	first   func() (mount.NamespaceID, error)
	homes   func() (map[int]uint64, error)
}

// Open returns this host. The configuration is read at once. All else is read
// when somebody asks for it, and once; ctx bounds how long that takes.
func Open(ctx context.Context, configPath string) *Host {
	h := &Host{ConfigPath: configPath, Lister: mountns.NewLister()}
	h.Config, h.UnknownKeys, h.ConfigError = config.Load(configPath)
	if h.Config.Namespaces == config.NamespacesProc {
		h.Lister = mountns.NewProcLister()
	}
	h.roots = sync.OnceValue(func() roots.Result { return findRoots(ctx, h.Config) })
	h.seen = sync.OnceValues(func() (*target.Host, error) {
		seen, err := target.Look(ctx, h.Lister, h.Roots())
		if err != nil {
			return nil, fmt.Errorf("look at the mount namespaces: %w", err)
		}
		return seen, nil
	})
	h.engines = sync.OnceValues(func() ([]engine.Process, error) { return engine.Running(ctx) })
	h.first = sync.OnceValues(h.Lister.Init)
	h.homes = sync.OnceValues(func() (map[int]uint64, error) { return findHomes(ctx) })
	return h
}

// Roots are the runtime roots, as [roots.FindAll] finds them. What it warns of
// is in RootWarnings.
func (h *Host) Roots() []roots.Root { return h.roots().Roots }

// RootWarnings are what could not be read or understood when the runtime roots
// were looked for.
func (h *Host) RootWarnings() []error { return h.roots().Warnings }

// Seen has the mount tables of all namespaces, with who lives there, as of one
// look. It is shared: what it is asked may be nothing that changes it at the
// same time as somebody else asks.
func (h *Host) Seen() (*target.Host, error) { return h.seen() }

// Engines are the engines that run, those in containers of this host included:
// see [engine.Process.Nested].
func (h *Host) Engines() ([]engine.Process, error) { return h.engines() }

// First is the mount namespace of PID 1.
func (h *Host) First() (mount.NamespaceID, error) { return h.first() }

// Home is the mount namespace of a process' main thread by its inode number, 0
// if there is no such process, or none that this could be told of.
func (h *Host) Home(pid int) (uint64, error) {
	homes, err := h.homes()
	return homes[pid], err
}

func findRoots(ctx context.Context, settings config.Config) roots.Result {
	table, err := mountns.OwnTable()
	found := roots.FindAll(ctx, roots.Host{UID: os.Geteuid(), Mounts: table, Config: settings})
	if err != nil {
		found.Warnings = append(found.Warnings, err)
	}
	return found
}

// findHomes walks the processes.
func findHomes(ctx context.Context) (map[int]uint64, error) {
	homes := make(map[int]uint64)
	for t, err := range mountns.Threads() {
		switch {
		case ctx.Err() != nil:
			return homes, context.Cause(ctx)
		case err != nil && t.PID == 0:
			return homes, err
		case err == nil && t.PID == t.TID:
			homes[t.PID] = t.Namespace
		}
	}
	return homes, nil
}
