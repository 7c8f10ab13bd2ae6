package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// loadAverage is how many processes wanted a CPU during the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err.Error()
	}
	average, _, _ := strings.Cut(string(text), " ")
	return average
}

// underLoad says how busy the machine was, given the load average of before.
func underLoad(before string) string {
	return fmt.Sprintf("load %s before and %s after on %d CPUs", before, loadAverage(), runtime.NumCPU())
}

// preferred lets the box have the CPUs when others want them, too, as far as
// that can be had without settings that outlive it. All cgroups of the host's
// containers are below its own, in every hierarchy.
func preferred(h *host.Host) error {
	mounts, err := observe.Mounts(0)
	if err != nil {
		return err
	}
	box, _, _ := strings.Cut(strings.TrimPrefix(h.Cgroup(), "/"), "/")
	for _, m := range mounts {
		dir := filepath.Join(m.Point, box)
		switch m.FSType {
		case "cgroup2":
			// The box is in it already, if CPUs are divided there at all.
			weight := filepath.Join(dir, "cpu.weight")
			if _, err := os.Stat(weight); err == nil {
				return os.WriteFile(weight, []byte("10000"), 0)
			}
		case "cgroup":
			if _, err := os.Stat(filepath.Join(m.Point, "cpu.shares")); err != nil {
				continue
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, "cpu.shares"), []byte("262144"), 0); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
		}
	}
	return nil
}
