package docker

import (
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

const (
	usualConfig  = "/etc/docker/daemon.json"
	snapConfig   = "/var/snap/docker/current/config/daemon.json"
	snapPrefix   = "/var/snap/docker/"
	usualPIDFile = "/run/docker.pid"
	snapPIDFile  = "/run/snap.docker/docker.pid"
)

// target is the daemon.json that is changed, and whoever reads it.
type target struct {
	path string
	// lines are the command lines of the daemon that reads the file: the running
	// one's, or else what it would be started by.
	lines []commandLine
	snap  bool
}

// findTarget chooses the file: what the operator says, what the running dockerd
// was told, or where dockerd looks.
func findTarget(host *install.Host, config string) (target, error) {
	daemon, running := runningDaemon(host, usualPIDFile)
	if !running {
		daemon, running = runningDaemon(host, snapPIDFile)
	}
	read := usualConfig
	if !host.Exists(usualConfig) && host.Exists("/var/snap/docker/current") {
		read = snapConfig
	}
	if file := daemon.value("--config-file"); filepath.IsAbs(file) {
		read = file
	}
	path := config
	if path == "" {
		path = read
	}
	where, err := host.Resolve(path)
	if err != nil {
		return target{}, err
	}
	t := target{path: where, snap: strings.HasPrefix(where, snapPrefix)}
	if !leadsTo(host, read, where) {
		return t, nil // another daemon's, of which nothing is known
	}
	if running {
		t.lines = []commandLine{daemon}
	} else {
		t.lines = services(host)
	}
	return t, nil
}

func leadsTo(host *install.Host, path, want string) bool {
	found, err := host.Resolve(path)
	return err == nil && found == want
}

// flag returns where the daemon that reads the file is given a flag, and what
// it says, both empty if it is not.
func (t target) flag(name string) (where, value string) {
	for _, line := range t.lines {
		if values := line.values(name); len(values) > 0 {
			where, value = line.where, values[len(values)-1]
		}
	}
	return where, value
}
