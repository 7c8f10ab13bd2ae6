package containerd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/unbusy/unbusy/internal/install"
)

const (
	// usualConfig is what containerd reads if it is told nothing else.
	usualConfig = "/etc/containerd/config.toml"
	// usualPath is where a service's programs are looked for (systemd.exec(5)).
	usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// daemon is the containerd whose configuration is changed. It need not run.
type daemon struct {
	host    *install.Host
	program string // empty if there is none
	config  string
	path    string  // $PATH, in which it finds shims
	version version // zero until it was asked
}

// findDaemon chooses the configuration file and the containerd that reads it:
// the one that the operator names, that a running containerd reads, or that one
// would.
func findDaemon(ctx context.Context, request install.Request) (daemon, error) {
	d := daemon{host: request.Host, config: request.Config, path: usualPath}
	var candidates []process
	if d.host.Prefix() == "/" {
		var err error
		if candidates, err = running(ctx); err != nil {
			return daemon{}, err
		}
	}
	if p := choose(candidates, request.Config); p != nil {
		if d.config == "" {
			d.config = p.config
		}
		if p.path != "" {
			d.path = p.path
		}
		if d.host.Exists(p.program) {
			d.program = p.program
		}
	}
	if !filepath.IsAbs(d.config) {
		d.config = usualConfig
	}
	if advice := generated(d.config); advice != "" {
		return daemon{}, errors.New(advice)
	}
	if d.program == "" {
		d.program = d.host.LookPath("containerd")
	}
	return d, nil
}

// choose returns the process that reads a file, or without one the first whose
// file is not generated, or the first.
func choose(candidates []process, config string) *process {
	var chosen *process
	for i := range candidates {
		p := &candidates[i]
		reads := p.config
		if reads == "" {
			reads = usualConfig
		}
		switch {
		case config != "" && reads != config:
		case chosen == nil, generated(chosen.config) != "" && generated(reads) == "":
			chosen = p
		}
	}
	return chosen
}

// dump is what the daemon makes of its files, or without a file of nothing.
func (d daemon) dump(ctx context.Context, exists bool) (dump, error) {
	args := []string{"--config", d.config, "config", "dump"}
	if !exists {
		// Versions 1.6 and 1.7 do not dump a file that does not exist.
		args = []string{"config", "default"}
	}
	out, err := d.host.Output(ctx, d.program, args...)
	if err != nil {
		return dump{}, err
	}
	said, err := parseDump(out)
	if err != nil {
		return dump{}, fmt.Errorf("what %s says of its configuration: %w", d.program, err)
	}
	return said, nil
}
