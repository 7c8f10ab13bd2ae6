package protect

import (
	"os"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
)

// Host is what was seen of this host.
type Host struct {
	// Mounts are those of our mount namespace.
	Mounts []*mountinfo.Info
	// Roots are the engines' directories.
	Roots roots.Result
}

// Look looks at this host. It reads no list of processes and asks nobody.
func Look(settings config.Config) (Host, error) {
	table, err := mountns.OwnTable()
	if err != nil {
		return Host{}, err
	}
	return Host{table, roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: settings})}, nil
}
