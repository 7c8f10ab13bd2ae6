package crio

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

type result struct {
	status         int
	stdout, stderr string
}

// unbusy runs the command under test.
func unbusy(t *testing.T, args ...string) result {
	t.Helper()
	command := exec.CommandContext(t.Context(), host.Program(t, "unbusy"), args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// TestRoots finds CRI-O's directories, of which some are in no file but that
// which its command line names.
func TestRoots(t *testing.T) {
	h := newHost(t)
	c := h.CRIO()
	got := unbusy(t, "roots", "--json")
	if got.status != 0 {
		t.Fatalf("status %d: %s", got.status, got.stderr)
	}
	var report struct {
		Roots []struct{ Path, Engine, Kind string }
	}
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatal(err)
	}
	missing := map[string]string{c.Root(): "", c.RunRoot(): "", "/run/netns": "", "/run/ipcns": "", "/run/utsns": ""}
	for _, root := range report.Roots {
		delete(missing, root.Path)
		delete(missing, strings.Replace(root.Path, "/var/run/", "/run/", 1))
	}
	if len(missing) != 0 {
		t.Errorf("not found are %v: %s", missing, got.stdout)
	}
}

// TestWho names what a pod's mounts are held by.
func TestWho(t *testing.T) {
	h := newHost(t)
	engine := cri.CRIO(t, h.CRIO())
	victim := engine.Pod("victim", cri.OwnPIDs())
	app := victim.Run("app")
	t.Cleanup(func() { _ = app.TryStop() })
	agent := agentPod(t, engine, "runc", "/run")
	point := podMounts(t, victim, app)[shm].Point

	for _, target := range []string{point, victim.ID(), victim.ID()[:12]} {
		got := unbusy(t, "who", target, "--json")
		var report struct {
			Container string
			Holders   []struct {
				Mountpoint, Kind string
				Processes        []struct {
					PID       int
					Container string
				}
			}
		}
		if err := json.Unmarshal([]byte(got.stdout), &report); err != nil || got.status != 1 {
			t.Errorf("%s: status %d, %v: %s%s", target, got.status, err, got.stdout, got.stderr)
			continue
		}
		named := false
		for _, holder := range report.Holders {
			for _, p := range holder.Processes {
				named = named || p.PID == agent.Pid() && p.Container == agent.ID() && strings.HasSuffix(holder.Mountpoint, "/shm")
			}
		}
		if !named {
			t.Errorf("%s: the agent %d in container %s is not among the holders: %s", target, agent.Pid(), agent.ID(), got.stdout)
		}
	}
	if got := unbusy(t, "sweep", victim.ID()); got.status == 0 || host.Held(t, agent.Pid(), host.Mounted(t, point)) == 0 {
		t.Errorf("a pod that runs was swept: %s%s", got.stdout, got.stderr)
	}
}
