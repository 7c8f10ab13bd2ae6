package shim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestBinaryName has the shim call something else than runc, or runc with its
// state elsewhere.
func TestBinaryName(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		// Debian's crun refuses a machine with both versions of cgroups, and later
		// versions of the specification: it is called where only the first one of
		// cgroups is to be seen, and with an earlier version.
		crun := filepath.Join(s.h.Dir("crun"), "crun")
		script(t, crun, onCreate(`1s|"ociVersion":"[^"]*"|"ociVersion":"1.0.2"|`)+`
			exec unshare --mount --propagation slave sh -c '
			umount /sys/fs/cgroup/unified 2>/dev/null
			exec `+s.h.Debian("crun", "crun")+` "$@"' crun "$@"`)
		runc := filepath.Join(s.h.Dir("wrapper"), "runc")
		script(t, runc, `exec runc "$@"`)
		elsewhere := s.h.Dir("elsewhere")
		unbusy := filepath.Join(filepath.Dir(host.Program(t, "containerd-shim-unbusy-v2")), "unbusy-runtime")

		for _, test := range []struct {
			name  string
			flags []string
		}{
			{"crun", []string{"--runc-binary", crun}},
			{"script", []string{"--runc-binary", runc}},
			{"wrapper", []string{"--runc-binary", unbusy}},
			{"root", []string{"--runc-root", elsewhere}},
		} {
			under := []host.ContainerOption{host.Under(ourHandler), host.Flags(test.flags...)}
			victim := s.c.Run("victim-"+test.name, under...)
			agent := s.c.Run("agent-"+test.name, append(under, host.Bind("/", "/host", "rbind", "rprivate"))...)
			holders := s.holders(victim)
			s.requireHolds(agent.Pid(), victim)
			if out := victim.Exec("echo", "alive"); out != "alive\n" {
				t.Errorf("%s: the container says %q", test.name, out)
			}
			if test.name == "root" && !exists(t, elsewhere, "default", victim.ID()) {
				t.Errorf("the runtime's state is not in %s", elsewhere)
			}
			if !receives(t, agent.Pid(), "/host") {
				t.Errorf("%s: the agent's bind receives no unmounts", test.name)
			}
			shim := s.shim(victim)
			shim.requireDeletes()
			holders.require("after", false)
			shim.shutdown()
			s.end(agent)
		}
		s.requireFailures()
	})
}

// receives tells whether a mount of a process has a master.
func receives(t *testing.T, pid int, path string) bool {
	t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		if m.Point == path {
			return strings.Contains(m.Propagation, "master:")
		}
	}
	t.Fatalf("process %d has nothing mounted on %s", pid, path)
	return false
}

// onCreate is for a script in the place of a runtime: it edits the specification
// of a container that is created.
func onCreate(sed string) string {
	return `bundle=.; last=; create=
for word; do
	[ "$last" = --bundle ] && bundle=$word
	[ "$word" = create ] && create=1
	last=$word
done
[ -z "$create" ] || sed -i '` + sed + `' "$bundle/config.json"
`
}

// TestRuntimeRefuses has a runtime that does not delete a container, and keeps its
// state elsewhere. The shim tries to unmount the root file system all the same;
// nobody helps it to, because as far as the runtime knows the container is there.
func TestRuntimeRefuses(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		dir := s.h.Dir("refuses")
		runc, refuse := filepath.Join(dir, "runc"), filepath.Join(dir, "refuse")
		script(t, runc, `case " $* " in *" delete "*) [ -e '`+refuse+`' ] && exit 1;; esac; exec runc "$@"`)
		victim := s.c.Run("victim", host.Under(ourHandler), host.Flags("--runc-binary", runc, "--runc-root", s.h.Dir("elsewhere")))
		holders := s.holders(victim)
		shim := s.shim(victim)
		shim.kill()
		if err := os.WriteFile(refuse, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if response, err := shim.delete(); err == nil {
			t.Errorf("what the runtime refuses is answered %v", response)
		}
		holders.require("the runtime has refused", true)
		if err := os.Remove(refuse); err != nil {
			t.Fatal(err)
		}
		if _, err := shim.delete(); err != nil {
			t.Error(err)
		}
		holders.require("after", false)
		shim.shutdown()
		s.requireFailures()
	})
}
