package observe

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func mounts(m Machine) error {
	for _, pid := range []int{0, 1} {
		table, err := Mounts(pid)
		if err != nil {
			return err
		}
		for _, mount := range table {
			// The same mount in PID 1's namespace and in the caller's has
			// one id; in another namespace it has another.
			m.add(Item{Kind: "mount", Name: mount.Point, traces: mount.Root + " " + mount.Source}, strconv.Itoa(mount.ID))
		}
	}
	return nil
}

func loops(m Machine) error {
	attached, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		return err
	}
	for _, path := range attached {
		backing, err := os.ReadFile(path)
		if gone(err) {
			continue
		}
		if err != nil {
			return err
		}
		device := strings.Split(path, "/")[3]
		m.add(Item{Kind: "loop", Name: device + " " + strings.TrimSpace(string(backing))}, "")
	}
	return nil
}

func cgroups(m Machine) error {
	table, err := Mounts(0)
	if err != nil {
		return err
	}
	for _, mount := range table {
		if mount.FSType != "cgroup" && mount.FSType != "cgroup2" {
			continue
		}
		err := filepath.WalkDir(mount.Point, func(path string, d fs.DirEntry, err error) error {
			if gone(err) {
				return nil
			}
			if err == nil && d.IsDir() {
				m.add(Item{Kind: "cgroup", Name: path}, "")
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func processes(m Machine) error {
	pids, err := pids()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		var traces strings.Builder
		var start string
		for _, name := range []string{"cmdline", "environ", "cgroup", "stat"} {
			content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
			if gone(err) {
				break
			}
			// Of some processes even root is not shown the environment.
			if err != nil && !errors.Is(err, fs.ErrPermission) {
				return err
			}
			traces.Write(content)
			if name != "stat" {
				continue
			}
			// What is in parentheses is the process's to choose.
			_, rest, _ := strings.Cut(string(content), ") ")
			if fields := strings.Fields(rest); len(fields) > 19 {
				start = fields[19]
			}
		}
		if start != "" {
			m.add(Item{Kind: "process", Name: strconv.Itoa(pid) + " " + command(pid), traces: traces.String()}, start)
		}
	}
	return nil
}

func files(m Machine) error {
	places := []string{
		os.TempDir(), "/run", "/run/containerd", "/run/containerd/s", "/run/netns", "/run/runc",
		"/var/lib", "/var/lib/cni", "/var/lib/cni/networks", "/var/lib/cni/results",
		"/opt", "/etc/cni", "/etc/nri", "/etc/unbusy",
	}
	for _, place := range places {
		entries, err := os.ReadDir(place)
		if gone(err) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			m.add(Item{Kind: "file", Name: filepath.Join(place, e.Name())}, "")
		}
	}
	return nil
}
