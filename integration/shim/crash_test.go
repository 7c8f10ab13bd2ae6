package shim

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

// TestShimKilled kills the shim of a container: containerd calls it once more, to
// delete what is left. With an agent at work in its slave copy containerd's own
// cannot unmount the root file system. In either case the exit status is that of a
// container that was killed.
func TestShimKilled(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		victims := map[string]*host.Container{}
		agents := map[string]holders{}
		s.bothShims(func(handler string) {
			victim := s.c.Run("victim-"+handler, host.Under(handler))
			victims[handler], agents[handler] = victim, s.holders(victim)
		})
		place := s.h.Dir("place")
		s.agent("private", "mount --bind "+victims[ourHandler].Rootfs()+" "+place)
		s.bothShims(func(handler string) {
			k := victims[handler]
			if err := unix.Kill(s.c.ShimOf(k.ID()), unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			host.Await(t, "the container to be deleted", func() bool {
				return !exists(t, "/proc", itoa(k.Pid())) && !strings.Contains(s.c.Ctr("task", "list"), k.ID())
			})
		})
		s.says("a copy of the container's mount stays", "kind=leaf", "container="+victims[ourHandler].ID())
		agents[ourHandler].require("after", false)
		if exists(t, victims[ourHandler].Bundle()) {
			t.Error("the bundle is still there")
		}
		for _, agent := range agents[stockHandler].agents {
			agent.End()
		}
		s.bothShims(func(handler string) { victims[handler].Delete() })
		s.requireFailures()
	})
}

// TestDeleteCommand kills containerd and a shim, and calls the shim for deletion
// as containerd would, three times: the copies are gone after the first one, the
// answers are those of containerd's own, and the record is gone.
func TestDeleteCommand(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.h.Engine("dockerd") // without any engine nothing is detached
		stock := s.stockShim()
		answers := map[string][]*taskapi.DeleteResponse{}
		s.bothShims(func(handler string) {
			victim := s.c.Run("victim-"+handler, host.Under(handler))
			holders := s.holders(victim)
			if handler == stockHandler {
				holders.agents[0].End() // it would be in the way
				holders.agents = holders.agents[1:]
			}
			record := filepath.Join(victim.Bundle(), "unbusy.json")
			if exists(t, record) != (handler == ourHandler) {
				t.Errorf("%s: there is a record: %v", handler, handler == stockHandler)
			}
			shim := s.c.ShimOf(victim.ID())
			s.c.Kill()
			if err := unix.Kill(shim, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			program := stock
			if handler == ourHandler {
				program = host.Program(t, "containerd-shim-unbusy-v2")
			}
			for range 3 {
				answers[handler] = append(answers[handler], s.callDelete(program, victim))
				holders.require("after the deletion", handler == stockHandler)
				if s.isMounted(victim) || exists(t, record) {
					t.Errorf("%s: the root file system is mounted: %v; the record is there: %v", handler, s.isMounted(victim), exists(t, record))
				}
				if exists(t, "/run/containerd/runc/default", victim.ID()) {
					t.Errorf("%s: runc knows the container", handler)
				}
			}
			s.c.Restart()
			host.Await(t, "the bundle to be gone", func() bool { return !exists(t, victim.Bundle()) })
			victim.Delete()
		})
		for i, stock := range answers[stockHandler] {
			ours := answers[ourHandler][i]
			if ours.GetExitStatus() != stock.GetExitStatus() || ours.GetExitStatus() != 137 || (ours.GetPid() == 0) != (stock.GetPid() == 0) {
				t.Errorf("call %d: ours answers %v, containerd's own %v", i, ours, stock)
			}
		}
		s.requireFailures()
	})
}

// callDelete calls a shim to delete what one has left, as containerd does
// (containerd core/runtime/v2/binary.go), and returns its answer.
func (s *stage) callDelete(program string, k *host.Container) *taskapi.DeleteResponse {
	s.t.Helper()
	// What it prints is no text; the command prints nothing else.
	const command = `cd "$1"; TTRPC_ADDRESS=$2.ttrpc; export TTRPC_ADDRESS
"$3" -namespace default -address "$2" -publish-binary containerd -id "$4" -bundle "$1" delete >"$5"; code=$?
base64 -w0 <"$5"; exit $code`
	runc, err := toolbox.Get(s.t.Context(), "runc-1.5")
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.h.Exec([]string{runc}, "/bin/sh", "-c", command, "sh",
		k.Bundle(), s.c.Socket(), program, k.ID(), filepath.Join(s.h.Dir("answers"), "answer"))
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(out)
	if err != nil {
		s.t.Fatal(err)
	}
	response := new(taskapi.DeleteResponse)
	if err := proto.Unmarshal(text, response); err != nil {
		s.t.Fatal(err)
	}
	return response
}
