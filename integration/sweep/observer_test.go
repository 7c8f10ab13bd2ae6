package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// observer looks at an agent in the moment between a runtime's delete and what
// the engine does next: soon after, the engine removes the mountpoint of the
// root file system, and on this kernel copies go with it by themselves.
type observer struct {
	t   *testing.T
	dir string
}

func newObserver(t *testing.T, h *host.Host) *observer {
	t.Helper()
	return &observer{t: t, dir: h.Dir("observer")}
}

// front writes a program of the given path that stands in front of a runtime.
func (o *observer) front(path, runtime string) {
	o.t.Helper()
	script := fmt.Sprintf(`#!/bin/sh
%q "$@"
status=$?
for id; do :; done
case " $* " in
*" delete "*) [ ! -e %[2]q/agent ] || cat "/proc/$(cat %[2]q/agent)/mountinfo" >>%[2]q/"$id" 2>/dev/null ;;
esac
exit $status
`, runtime, o.dir)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		o.t.Fatal(err)
	}
}

// watch has agent looked at from now on.
func (o *observer) watch(pid int) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, "agent"), []byte(itoa(pid)), 0o644); err != nil {
		o.t.Fatal(err)
	}
}

// saw tells whether the agent had something mounted on a path of the host after
// the runtime had deleted a container, and forgets.
func (o *observer) saw(id string, points ...string) map[string]bool {
	o.t.Helper()
	table, err := os.ReadFile(filepath.Join(o.dir, id))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(o.dir, id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		o.t.Fatal(err)
	}
	saw := make(map[string]bool)
	for _, point := range points {
		saw[point] = strings.Contains(string(table), point+" ")
	}
	return saw
}
