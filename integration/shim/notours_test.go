package shim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/unbusy/unbusy/integration/host"
)

// holders are two agents: one uses its slave copy of a container's root file
// system, the other one has a private copy.
type holders struct {
	s      *stage
	victim *host.Container
	agents []*host.Process
}

func (s *stage) holders(victim *host.Container) holders {
	s.t.Helper()
	h := holders{s, victim, []*host.Process{s.slave(victim, "cd %s"), s.agent("private", "")}}
	for _, agent := range h.agents {
		s.requireHolds(agent.Pid(), victim)
	}
	return h
}

// private is holders of whom nobody keeps the original busy: what they hold is
// looked for when it is unmounted, and not before.
func (s *stage) private(victim *host.Container) holders {
	s.t.Helper()
	h := holders{s, victim, []*host.Process{s.agent("private", "")}}
	s.requireHolds(h.agents[0].Pid(), victim)
	return h
}

// slave starts an agent that uses its slave copy: by a command, in which the
// path of the root file system is filled in.
func (s *stage) slave(victim *host.Container, command string) *host.Process {
	s.t.Helper()
	agent := s.agent("slave", fmt.Sprintf(command, victim.Rootfs()))
	s.requireHolds(agent.Pid(), victim)
	return agent
}

// require fails unless the agents hold their copies, or none does.
func (h holders) require(when string, hold bool) {
	h.s.t.Helper()
	for i, agent := range h.agents {
		if n := h.s.holds(agent.Pid(), h.victim); (n > 0) != hold {
			h.s.t.Errorf("%s: %s: agent %d holds %d copies", h.victim.ID(), when, i, n)
		}
	}
}

// inTheMeantime lets more time pass than a shim waits before it acts: that of
// another container's whole life.
func (s *stage) inTheMeantime() {
	s.t.Helper()
	s.end(s.c.Run("clock", host.Under(ourHandler)))
}

// TestPoststopHook has a container whose poststop hook takes its time: runc has
// forgotten the container by then, and the root file system is mounted. Nobody
// has tried to unmount it yet.
func TestPoststopHook(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		dir := s.h.Dir("hook")
		goOn := filepath.Join(dir, "go-on")
		if err := unix.Mkfifo(goOn, 0o600); err != nil {
			t.Fatal(err)
		}
		hook := filepath.Join(dir, "hook")
		script(t, hook, `echo >'`+dir+`/began'; read word <'`+goOn+`'`)
		runc := filepath.Join(dir, "runc")
		script(t, runc, onCreate(`1s|^{|{"hooks":{"poststop":[{"path":"`+hook+`"}]},|`)+`exec runc "$@"`)
		victim := s.c.Run("victim", host.Under(ourHandler), host.Flags("--runc-binary", runc))
		holders := s.holders(victim)
		shim := s.shim(victim)
		shim.kill()
		deleted := make(chan error, 1)
		go func() { _, err := shim.delete(); deleted <- err }()
		host.Await(t, "the hook to run", func() bool { return exists(t, dir, "began") })
		s.inTheMeantime()
		if exists(t, "/run/containerd/runc/default/victim") || !s.isMounted(victim) {
			t.Error("runc knows the container, or its root file system is not mounted: there is nothing to show")
		}
		holders.require("while the hook runs", true)
		if err := os.WriteFile(goOn, []byte("\n"), 0); err != nil {
			t.Fatal(err)
		}
		if err := <-deleted; err != nil {
			t.Error(err)
		}
		holders.require("after", false)
		shim.shutdown()
		s.requireFailures()
	})
}

// TestSlowOutput has somebody outside hold a container's output open: the shim
// reads on for up to ten seconds before it deletes anything (containerd
// cmd/containerd-shim-runc-v2/process/init.go).
func TestSlowOutput(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		victim := s.c.Run("victim", host.Under(ourHandler), host.Output(filepath.Join(s.h.Dir(), "output")))
		holders := s.holders(victim)
		output, err := os.OpenFile("/proc/"+itoa(victim.Pid())+"/fd/1", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer output.Close()
		shim := s.shim(victim)
		shim.kill()
		deleted := make(chan error, 1)
		go func() { _, err := shim.delete(); deleted <- err }()
		s.inTheMeantime()
		holders.require("while output is read", true)
		select {
		case err := <-deleted:
			t.Fatalf("the shim does not wait, there is nothing to show: %v", err)
		default:
		}
		output.Close()
		if err := <-deleted; err != nil {
			t.Error(err)
		}
		holders.require("after", false)
		shim.shutdown()
		s.requireFailures()
	})
}

// TestRefusedDelete asks for the deletion of a container that runs, and for that
// of one of its processes.
func TestRefusedDelete(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.bothShims(func(handler string) {
			victim := s.c.Run("victim-"+handler, host.Under(handler))
			holders := s.holders(victim)
			shim := s.shim(victim)
			if _, err := shim.delete(); err == nil {
				t.Errorf("%s: a container is deleted that runs", handler)
			}
			if status := shim.exec("sh", "-c", "exit 3"); status != 3 {
				t.Errorf("%s: a process in the container ends with %d", handler, status)
			}
			s.inTheMeantime()
			holders.require("while the container runs", true)
			if out := victim.Exec("echo", "alive"); out != "alive\n" {
				t.Errorf("%s: the container says %q", handler, out)
			}
			for _, agent := range holders.agents {
				agent.End()
			}
			shim.requireDeletes()
			shim.shutdown()
		})
		s.requireFailures()
	})
}

// exec runs a process in the container, deletes it, and returns its exit status.
func (c *shimCalls) exec(args ...string) uint32 {
	c.s.t.Helper()
	process, err := json.Marshal(specs.Process{Args: args, Env: []string{"PATH=/bin"}, Cwd: "/"})
	if err != nil {
		c.s.t.Fatal(err)
	}
	const exec = "exec"
	spec := &anypb.Any{TypeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Process", Value: process}
	response := new(taskapi.DeleteResponse)
	for _, err := range []error{
		c.call("Exec", &taskapi.ExecProcessRequest{ID: c.k.ID(), ExecID: exec, Spec: spec}, new(emptypb.Empty)),
		c.call("Start", &taskapi.StartRequest{ID: c.k.ID(), ExecID: exec}, new(taskapi.StartResponse)),
		c.call("Wait", &taskapi.WaitRequest{ID: c.k.ID(), ExecID: exec}, new(taskapi.WaitResponse)),
		c.call("Delete", &taskapi.DeleteRequest{ID: c.k.ID(), ExecID: exec}, response),
	} {
		if err != nil {
			c.s.t.Fatal(err)
		}
	}
	return response.GetExitStatus()
}

// script writes a program.
func script(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}
