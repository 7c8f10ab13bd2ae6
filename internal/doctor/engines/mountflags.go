package engines

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/holder"
)

// mountFlags finds a dockerd that gets a new mount namespace with every start
// while its containers go on: their mounts stay in the old one, where their
// shims are, and the next dockerd can neither see nor unmount them.
func (d dockerd) mountFlags(h *doctor.Host) ([]doctor.Finding, error) {
	if !d.info.LiveRestoreEnabled {
		return nil, nil
	}
	setting := unitSetting("", d.unit())
	apart, err := d.apart(h)
	if err != nil || setting == "" && !apart {
		return nil, err
	}
	evidence := d.who() + " leaves its containers running when it is restarted (live-restore)"
	fix := "start dockerd in the host's own mount namespace"
	if apart {
		evidence += ", and has a mount namespace of its own"
	}
	if setting != "" {
		evidence += ", and " + setting + " gives it a new mount namespace at every start"
		fix = "take that line out, systemctl daemon-reload, and restart dockerd when its containers can be restarted, too"
	}
	return []doctor.Finding{{
		ID: withLiveRestore, Severity: doctor.Broken,
		Evidence: evidence + ": the mounts of running containers stay behind in the old one",
		Fix:      fix + "; or turn live-restore off",
	}}, nil
}

// unit is the service that systemd has dockerd in.
func (d daemon) unit() string {
	if p, err := holder.Describe(d.pid); err == nil && strings.HasSuffix(p.Unit, ".service") {
		return p.Unit
	}
	return "docker.service"
}

// apart reports whether a process is in another mount namespace than whoever
// started it, unless something keeps that namespace for the next start, as snapd
// does for a snap and OpenShift for its engines (kubens).
func (d daemon) apart(h *doctor.Host) (bool, error) {
	own, err := h.Home(d.pid)
	if err != nil {
		return false, err
	}
	parent, err := h.Home(d.parent)
	if err != nil || own == 0 || parent == 0 || own == parent {
		return false, err
	}
	seen, err := h.Seen()
	if err != nil {
		return false, err
	}
	kept := fmt.Sprintf("mnt:[%d]", own)
	for i := range seen.Namespaces {
		for _, m := range seen.Namespaces[i].Mounts {
			if m.FSType == "nsfs" && m.Root == kept {
				return false, nil
			}
		}
	}
	return true, nil
}

// unitDirs are where systemd looks for units, the most important first
// (systemd.unit(5)).
var unitDirs = []string{
	"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
}

// unitSetting returns the setting of a service that gives it a mount namespace,
// and where it stands, empty if there is none.
func unitSetting(root, unit string) string {
	var files []string
	for _, dir := range unitDirs {
		path := filepath.Join(dir, unit)
		if text, err := readConfig(root, path); err == nil && text != nil {
			files = append(files, path)
			break
		}
	}
	// Of drop-ins with the same name the one in the more important directory
	// counts, and all are read in the order of their names.
	dropIns := make(map[string]string)
	for _, dir := range slices.Backward(unitDirs) {
		for _, path := range glob(root, filepath.Join(dir, unit+".d", "*.conf")) {
			dropIns[filepath.Base(path)] = path
		}
	}
	for _, name := range slices.Sorted(maps.Keys(dropIns)) {
		files = append(files, dropIns[name])
	}
	found := make(map[string]string)
	for _, file := range files {
		text, err := readConfig(root, file)
		if err != nil {
			continue
		}
		readUnit(string(text), func(key, value string) {
			if givesNamespace(key, value) {
				found[key] = fmt.Sprintf("%s=%s in %s", key, value, file)
			} else {
				delete(found, key)
			}
		})
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		return found[key]
	}
	return ""
}

// readUnit reads the settings of a service.
func readUnit(text string, set func(key, value string)) {
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"), strings.HasPrefix(line, ";"):
		case strings.HasPrefix(line, "["):
			section = line
		case section == "[Service]":
			if key, value, ok := strings.Cut(line, "="); ok {
				set(strings.TrimSpace(key), strings.TrimSpace(value))
			}
		}
	}
}

// givesNamespace reports whether a setting alone gives a service a mount
// namespace (systemd src/core/execute.c, exec_needs_mount_namespace).
func givesNamespace(key, value string) bool {
	switch key {
	case "MountFlags":
		return value == "slave" || value == "private"
	case "PrivateMounts", "PrivateTmp":
		switch strings.ToLower(value) {
		case "yes", "true", "on", "1", "y", "t", "connected", "disconnected":
			return true
		}
	}
	return false
}
