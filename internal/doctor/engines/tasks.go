package engines

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/statefile"
)

// task is a container that runs, by its bundle in a state directory of
// containerd's.
type task struct {
	namespace, id string
	bundle        string
	pid           int
	// shim is the program of its shim, and binary what that calls; empty if the
	// bundle does not tell.
	shim, binary string
}

// String is the container as ctr names it.
func (t task) String() string { return t.namespace + "/" + short(t.id) }

// tasksDir is where bundles are in a state directory, by namespace and container
// (containerd core/runtime/v2/bundle.go).
const tasksDir = "io.containerd.runtime.v2.task"

// tasksIn lists the containers that run.
func tasksIn(state string) []task {
	var found []task
	for _, namespace := range statefile.Names(filepath.Join(state, tasksDir)) {
		for _, id := range statefile.Names(filepath.Join(state, tasksDir, namespace)) {
			bundle := filepath.Join(state, tasksDir, namespace, id)
			pid, err := strconv.Atoi(statefile.Word(filepath.Join(bundle, "init.pid")))
			if err != nil || !isAlive(pid) {
				continue
			}
			found = append(found, task{
				namespace: namespace, id: id, bundle: bundle, pid: pid,
				shim: statefile.Word(filepath.Join(bundle, "shim-binary-path")),
				// Written by the shim for itself (containerd
				// cmd/containerd-shim-runc-v2/runc/container.go, WriteRuntime).
				binary: statefile.Word(filepath.Join(bundle, "runtime")),
			})
		}
	}
	return found
}

// isAlive reports whether there is a process.
func isAlive(pid int) bool {
	_, err := os.Lstat(procDir(pid))
	return pid > 0 && err == nil
}

// missingShims finds running containers whose shim's program is gone. At its next
// start containerd asks that program for the container, and gives the container up
// if it cannot.
func (c containerd) missingShims() []doctor.Finding {
	var lost []string
	program := ""
	for _, t := range c.tasks {
		if filepath.IsAbs(t.shim) && unusable(c.root()+t.shim) != "" {
			lost, program = append(lost, t.String()), t.shim
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return []doctor.Finding{{
		ID: missingShim, Severity: doctor.Broken,
		Evidence: fmt.Sprintf("%s, which %s started with, %s: %s loses %s when it is started again", program,
			some(lost), unusable(c.root()+program), c.who(), plural(len(lost), "it", "them")),
		Fix: "put the program back there before containerd is restarted, until these containers have ended",
	}}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// oldTasks finds running containers that were started without unbusy.
func (c containerd) oldTasks() []doctor.Finding {
	var old []string
	for _, t := range c.tasks {
		stock := strings.HasPrefix(filepath.Base(t.shim), "containerd-shim-runc-") && !leadsTo(t.shim, shim)
		if stock && !t.isDockers() && (t.binary == "" || likeRunc(t.binary) && !leadsTo(t.binary, wrapper)) {
			old = append(old, t.String())
		}
	}
	if len(old) == 0 {
		return nil
	}
	return []doctor.Finding{{
		ID: bypasses, Severity: doctor.AtRisk,
		Evidence: fmt.Sprintf("%s of %s started without unbusy: %s", count(len(old), "running container"), c.who(), some(old)),
		Fix:      "restart these pods or containers when that suits: a container keeps the shim that it was started with",
	}}
}

// isDockers reports whether a container is one of dockerd's, which says what it
// runs under.
func (t task) isDockers() bool { return t.namespace == "moby" || t.namespace == "plugins.moby" }
