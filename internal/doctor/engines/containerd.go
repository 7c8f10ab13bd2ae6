package engines

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
)

// containerd is one that runs, and its configuration.
type containerd struct {
	daemon
	config containerdConfig
	tasks  []task
	// distribution is what started it and writes its configuration, empty if that
	// is the operator's.
	distribution string
}

// who names it in a finding.
func (c containerd) who() string { return fmt.Sprintf("containerd (pid %d)", c.pid) }

// examineContainerd looks at every containerd of this host.
func examineContainerd(_ context.Context, h *doctor.Host) (doctor.Result, error) {
	running, err := daemons(h, "containerd", "docker-containerd")
	if err != nil {
		return doctor.Result{}, err
	}
	dockerds, err := daemons(h, "dockerd")
	if err != nil {
		return doctor.Result{}, err
	}
	var (
		result doctor.Result
		lines  []string
		errs   []error
	)
	for _, d := range running {
		c, err := openContainerd(d)
		errs = append(errs, err)
		if err != nil {
			continue
		}
		result.Findings = append(result.Findings, c.missingShims()...)
		if c.distribution, err = distributionOf(h, d); err != nil {
			errs = append(errs, err)
		}
		if startedBy(d, dockerds) || c.isDockers(h, running, dockerds) {
			continue
		}
		result.Findings = append(result.Findings, c.judge()...)
		lines = append(lines, fmt.Sprintf("unbusy serves the default handler %s, %s", c.config.fallback, run(len(c.tasks))))
	}
	switch {
	case len(running) == 0:
		lines = []string{"containerd does not run"}
	case len(lines) == 0:
		lines = []string{"serves Docker alone"}
	}
	result.Summary = strings.Join(lines, "; ")
	return result, errors.Join(errs...)
}

// openContainerd reads the configuration and the tasks of one that runs.
func openContainerd(d daemon) (containerd, error) {
	path := d.flag("--config", "-c")
	if !filepath.IsAbs(path) {
		path = defaultContainerdConfig
	}
	config, err := readContainerd(d.root(), path)
	if err != nil {
		return containerd{}, err
	}
	replace(&config.state, d.flag("--state"))
	replace(&config.address, d.flag("--address", "-a"))
	return containerd{daemon: d, config: config, tasks: tasksIn(d.root() + config.state)}, nil
}

// startedBy reports whether a process is a child of one of some others.
func startedBy(d daemon, parents []daemon) bool {
	return slices.ContainsFunc(parents, func(p daemon) bool { return p.pid == d.parent })
}

// distributionOf is the Kubernetes distribution that started a process, empty if
// none did.
func distributionOf(h *doctor.Host, d daemon) (string, error) {
	running, err := h.Engines()
	if err != nil {
		return "", err
	}
	for _, p := range running {
		name, _, _ := strings.Cut(p.Name, "-")
		if p.PID == d.parent && (name == "k3s" || name == "rke2" || name == "k0s" || name == "kubelite") {
			return name, nil
		}
	}
	return "", nil
}

// isDockers reports whether nobody but dockerd uses a containerd: then containers
// run under what dockerd says.
func (c containerd) isDockers(h *doctor.Host, running, dockerds []daemon) bool {
	if c.distribution != "" || !slices.ContainsFunc(dockerds, func(d daemon) bool { return c.serves(d, running) }) {
		return false
	}
	kubelets, err := daemons(h, "kubelet")
	adapters, adapterErr := daemons(h, "cri-dockerd")
	if err != nil || adapterErr != nil || len(kubelets) > 0 && len(adapters) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.tasks, func(t task) bool { return !t.isDockers() })
}

// serves reports whether a dockerd runs its containers by a containerd: its own
// one, or the one at the address that it was given. Without being told, it looks
// whether there is one at the default address (moby cmd/dockerd/daemon_unix.go,
// initContainerd).
func (c containerd) serves(d daemon, running []daemon) bool {
	if slices.ContainsFunc(running, func(other daemon) bool { return other.parent == d.pid }) {
		return c.parent == d.pid
	}
	address := defaultContainerdSocket
	replace(&address, d.flag("--containerd"))
	return address == c.config.address
}

// isShimmed reports whether dockerd's containers get unbusy's shim, whatever
// runtime they have: if containerd finds it in the place of its own.
func (d dockerd) isShimmed(h *doctor.Host) (bool, error) {
	running, err := daemons(h, "containerd", "docker-containerd")
	if err != nil {
		return false, err
	}
	for _, other := range running {
		c, err := openContainerd(other)
		if err != nil {
			continue // said where containerd is looked at
		}
		if c.serves(d.daemon, running) && leadsTo(c.shimOf(runcType), shim) {
			return true, nil
		}
	}
	return false, nil
}

// judge compares the handlers with each other.
func (c containerd) judge() []doctor.Finding {
	var found []doctor.Finding
	protected := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(c.config.handlers)) {
		program, ok := c.isProtected(c.config.handlers[name])
		if !ok {
			continue
		}
		protected[name] = true
		if why := unusable(c.root() + program); why != "" {
			found = append(found, missingProgram(fmt.Sprintf("handler %s of %s in %s", name, c.who(), c.config.handlers[name].File), program, why))
		}
	}
	if !protected[c.config.fallback] {
		evidence := fmt.Sprintf("%s runs containers under the handler %s, without unbusy", c.who(), c.config.fallback)
		if ours := slices.Sorted(maps.Keys(protected)); len(ours) > 0 {
			evidence += " unless they ask for " + strings.Join(ours, " or ")
		}
		return append(found, doctor.Finding{ID: notProtected, Severity: doctor.AtRisk, Evidence: evidence + " (" + c.config.path + ")", Fix: c.fix()})
	}
	for _, name := range slices.Sorted(maps.Keys(c.config.handlers)) {
		handler := c.config.handlers[name]
		// The one called runc is always there.
		if protected[name] || name == "runc" || !handler.isRunc() {
			continue
		}
		found = append(found, doctor.Finding{
			ID: bypasses, Severity: doctor.AtRisk,
			Evidence: fmt.Sprintf("containers that ask %s for the handler %s run without unbusy (%s)", c.who(), name, handler.File),
			Fix:      fmt.Sprintf("give the handler runtime_path = \"/usr/bin/%s\", and restart containerd", shim),
		})
	}
	return append(found, c.oldTasks()...)
}

// fix says how to protect what runs under the default handler.
func (c containerd) fix() string {
	if c.distribution != "" {
		return fmt.Sprintf("%s writes %s anew at every start: give the default handler in the template of that (of k3s and RKE2 config-v3.toml.tmpl beside it) runtime_path = \"/usr/bin/%s\"",
			c.distribution, c.config.path, shim)
	}
	command := "unbusy install containerd --set-as-default"
	if c.config.path != defaultContainerdConfig {
		command += " --config " + c.config.path
	}
	return command
}
