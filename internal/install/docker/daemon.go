package docker

import (
	"path"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// commandLine is what dockerd is told beside its configuration file.
type commandLine struct {
	// where it was found, for the operator.
	where string
	words []string
}

// The files in which services keep dockerd's command line, for when it is not
// running. The later ones of a kind win over the earlier ones, and all are
// looked at: to ask once too often is better than a daemon that does not start.
var (
	serviceFiles = []string{
		"/lib/systemd/system/docker.service", "/usr/lib/systemd/system/docker.service", "/etc/systemd/system/docker.service",
		"/etc/default/docker", "/etc/sysconfig/docker",
	}
	serviceDirs = []string{
		"/lib/systemd/system/docker.service.d", "/usr/lib/systemd/system/docker.service.d",
		"/run/systemd/system/docker.service.d", "/etc/systemd/system/docker.service.d",
	}
)

// runningDaemon is the command line of the dockerd that a pid file names.
func runningDaemon(host *install.Host, pidFile string) (commandLine, bool) {
	_, text, err := host.Read(pidFile)
	if err != nil {
		return commandLine{}, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return commandLine{}, false
	}
	proc := path.Join("/proc", strconv.Itoa(pid))
	// The number may be another process's by now.
	_, comm, err := host.Read(path.Join(proc, "comm"))
	if err != nil || strings.TrimSpace(string(comm)) != "dockerd" {
		return commandLine{}, false
	}
	_, line, err := host.Read(path.Join(proc, "cmdline"))
	if err != nil {
		return commandLine{}, false
	}
	return commandLine{"the running dockerd's command line", strings.Split(string(line), "\x00")}, true
}

// services are the command lines in the files that dockerd is started by.
func services(host *install.Host) []commandLine {
	files := serviceFiles
	for _, dir := range serviceDirs {
		names, err := host.Names(dir)
		if err != nil {
			continue
		}
		for _, name := range names {
			if strings.HasSuffix(name, ".conf") {
				files = append(files[:len(files):len(files)], path.Join(dir, name))
			}
		}
	}
	var found []commandLine
	for _, file := range files {
		_, text, err := host.Read(file)
		if err != nil {
			continue
		}
		var words []string
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ";") {
				words = append(words, strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\"'", r) })...)
			}
		}
		found = append(found, commandLine{file, words})
	}
	return found
}

// values are what a flag is given, in either of its forms.
func (c commandLine) values(flag string) []string {
	var values []string
	for i, word := range c.words {
		name, value, ok := strings.Cut(word, "=")
		// An assignment stands before the first word in service files.
		if name != flag && !strings.HasSuffix(word, "="+flag) {
			continue
		}
		if name != flag {
			ok = false
		}
		if !ok && i+1 < len(c.words) {
			value = c.words[i+1]
		}
		values = append(values, value)
	}
	return values
}

// value is the last one that a flag is given, or nothing.
func (c commandLine) value(flag string) string {
	if values := c.values(flag); len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}
