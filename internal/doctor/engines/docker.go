package engines

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
)

// dockerd is one that runs and answers.
type dockerd struct {
	daemon
	api  dockerAPI
	info dockerInfo
}

// who names it in a finding.
func (d dockerd) who() string { return fmt.Sprintf("dockerd %s (pid %d)", d.info.ServerVersion, d.pid) }

// examineDocker looks at every dockerd of this host.
func examineDocker(ctx context.Context, h *doctor.Host) (doctor.Result, error) {
	running, err := daemons(h, "dockerd")
	if err != nil {
		return doctor.Result{}, err
	}
	if len(running) == 0 {
		return dockerAtRest(h)
	}
	var (
		result doctor.Result
		lines  []string
		errs   []error
	)
	for _, daemon := range running {
		api, info, err := openDocker(ctx, daemon)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		d := dockerd{daemon: daemon, api: api, info: info}
		findings, err := d.examine(ctx, h)
		result.Findings = append(result.Findings, findings...)
		errs = append(errs, err)
		lines = append(lines, fmt.Sprintf("%s: unbusy is the default runtime, %s", info.ServerVersion, run(info.ContainersRunning)))
	}
	result.Summary = strings.Join(lines, "; ")
	return result, errors.Join(errs...)
}

// run says how many containers run.
func run(n int) string {
	if n == 1 {
		return "1 container runs"
	}
	return count(n, "container") + " run"
}

func (d dockerd) examine(ctx context.Context, h *doctor.Host) ([]doctor.Finding, error) {
	configFile, err := d.configFile()
	errs := []error{err}
	shimmed, err := d.isShimmed(h)
	errs = append(errs, err)
	var found []doctor.Finding
	if !shimmed {
		found = append(d.runtimes(configFile), d.oldContainers()...)
	}
	flags, err := d.mountFlags(h)
	found, errs = append(found, flags...), append(errs, err)
	stuck, err := d.stuckContainers(ctx, h)
	return append(found, stuck...), errors.Join(append(errs, err)...)
}

// dockerConfig is what matters here of a daemon.json.
type dockerConfig struct {
	Runtimes       map[string]dockerRuntime `json:"runtimes"`
	DefaultRuntime string                   `json:"default-runtime"`

	path string
}

const defaultDockerConfig = "/etc/docker/daemon.json"

// configFile reads the daemon.json that a dockerd was started with.
func (d dockerd) configFile() (dockerConfig, error) {
	path := d.flag("--config-file")
	if !filepath.IsAbs(path) {
		path = defaultDockerConfig
	}
	return readDockerConfig(d.root(), path)
}

// readDockerConfig reads a daemon.json below a root directory. One that is not
// there says nothing.
func readDockerConfig(root, path string) (dockerConfig, error) {
	c := dockerConfig{path: path}
	text, err := readConfig(root, path)
	if err != nil || text == nil {
		return c, err
	}
	if err := decodeJSON(text, &c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// dockerAtRest looks at the configuration of a dockerd that does not run.
func dockerAtRest(h *doctor.Host) (doctor.Result, error) {
	result := doctor.Result{Summary: "dockerd does not run"}
	running, err := h.Engines()
	if err != nil {
		return result, err
	}
	for _, p := range running {
		if p.Name == "dockerd" && !p.Nested {
			result.Summary = fmt.Sprintf("the dockerd with pid %d has files of its own, as in a snap: unbusy cannot be its runtime, and unbusy sweep cleans up after it", p.PID)
			return result, nil
		}
	}
	c, err := readDockerConfig("", defaultDockerConfig)
	_, result.Findings = ourRuntimes(c.Runtimes, systemPath, func(name string) string { return c.path + ": runtimes." + name })
	return result, err
}
