package taskapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ofProcess is the path of a file of a process.
func ofProcess(pid int, name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }

// parent is the parent of a process.
func parent(t *testing.T, pid int) int {
	t.Helper()
	n, err := strconv.Atoi(statusOf(t, pid)["PPid"])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// statusOf are the lines of a process's status file.
func statusOf(t *testing.T, pid int) map[string]string {
	t.Helper()
	lines := map[string]string{}
	for line := range strings.Lines(read(t, ofProcess(pid, "status"))) {
		name, value, _ := strings.Cut(line, ":")
		lines[name] = strings.TrimSpace(value)
	}
	return lines
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readlink(t *testing.T, path string) string {
	t.Helper()
	target, err := os.Readlink(path)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// described is all about a process that it has from its start or could have
// changed by itself, except for its memory and its threads.
func (r *run) described(pid int) []string {
	t := r.t
	t.Helper()
	var lines []string
	note := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	args := strings.Split(strings.TrimSuffix(read(t, ofProcess(pid, "cmdline")), "\x00"), "\x00")
	note("it is the program: %v, and calls itself that: %v", readlink(t, ofProcess(pid, "exe")) == r.exe, args[0] == r.exe)
	note("arguments %q", args[1:])
	note("name %q", read(t, ofProcess(pid, "comm")))
	note("working directory %s, root %s", readlink(t, ofProcess(pid, "cwd")), readlink(t, ofProcess(pid, "root")))
	env := strings.Split(strings.TrimSuffix(read(t, ofProcess(pid, "environ")), "\x00"), "\x00")
	slices.Sort(env)
	for _, entry := range env {
		note("environment %s", entry)
	}
	note("oom_score_adj %s", read(t, ofProcess(pid, "oom_score_adj")))
	status := statusOf(t, pid)
	for _, name := range []string{"Umask", "Uid", "Gid", "Groups", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
		"NoNewPrivs", "Seccomp", "Cpus_allowed", "Mems_allowed"} {
		note("%s %s", name, status[name])
	}
	// Process group, session, priority, nice, scheduling policy; the name, which
	// may hold anything, is in parentheses.
	stat := read(t, ofProcess(pid, "stat"))
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	note("leads its process group: %v; session %s", fields[2] == strconv.Itoa(pid), fields[3])
	note("priority %s, nice %s, policy %s", fields[15], fields[16], fields[38])
	for _, name := range []string{"cgroup", "limits", "uid_map"} {
		note("%s %s", name, read(t, ofProcess(pid, name)))
	}
	namespaces, err := filepath.Glob(ofProcess(pid, "ns/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range namespaces {
		note("namespace %s", readlink(t, path))
	}
	return lines
}

var (
	inode     = regexp.MustCompile(`:\[\d+\]`)
	openFlags = regexp.MustCompile(`flags:\s*(\d+)`)
)

// descriptors lists what a shim has open, as far as it can be told without the
// numbers that sockets and pipes have. Not those that Go closes when it collects
// its garbage, and no sooner: the sockets that were inherited and then doubled,
// and descriptors of processes that runc was. Neither those by which the kernel
// tells of a cgroup that it is out of memory: they are closed when the shim gets
// round to it, or not at all.
func descriptors(t *testing.T, pid int) []string {
	t.Helper()
	entries, err := os.ReadDir(ofProcess(pid, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		path := ofProcess(pid, "fd/"+e.Name())
		target, err := os.Readlink(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.ReadFile(ofProcess(pid, "fdinfo/"+e.Name()))
		if err != nil {
			continue
		}
		flags := openFlags.FindStringSubmatch(string(info))
		inherited := len(flags[1]) < len("02000000")
		if strings.HasPrefix(target, "socket:") && inherited || target == "anon_inode:[pidfd]" {
			continue
		}
		if target == "anon_inode:[eventfd]" && flags[1] == "02000002" {
			continue
		}
		lines = append(lines, fmt.Sprintf("open %s, flags %s", inode.ReplaceAllString(target, ""), flags[1]))
	}
	slices.Sort(lines)
	return lines
}
