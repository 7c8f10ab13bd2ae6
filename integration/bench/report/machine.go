package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine names what was measured on.
func machine() []string {
	return []string{
		fmt.Sprintf("%s, %d CPUs, %s of memory", field("/proc/cpuinfo", "model name"), runtime.NumCPU(), field("/proc/meminfo", "MemTotal")),
		"Linux " + said("uname", "-r", "-m") + ", " + strings.Trim(field("/etc/os-release", "PRETTY_NAME"), `"`),
		runtime.Version() + ", " + said("lsns", "--version") + ", " + said("grep", "--version"),
		"measured on " + time.Now().UTC().Format("2 January 2006") + ", load average " + average(),
	}
}

// field is what a file says about something, in lines of "name: value" or
// "name=value".
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "?"
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok {
			continue
		}
		if value, ok := strings.CutPrefix(strings.TrimSpace(rest), ":"); ok {
			return strings.TrimSpace(value)
		}
		if value, ok := strings.CutPrefix(rest, "="); ok {
			return strings.TrimSpace(value)
		}
	}
	return "?"
}

// said is the first line of what a command says.
func said(command string, args ...string) string {
	out, err := exec.Command(command, args...).Output()
	if err != nil {
		return command + " ?"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

func average() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
