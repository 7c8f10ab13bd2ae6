// Package sweep tests what becomes of an ended container's mounts that are held
// in other mount namespaces: on real engines, and with the runtime alone where
// the moment that matters is between two steps of an engine. Every story is
// told with the plain runtime, too, if that shows what it is about.
package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m, "containerd-2.4", "runc-1.5")) }

// wrapper is the unbusy-runtime under test.
func wrapper(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(os.Getenv("UNBUSY_BIN"), "unbusy-runtime"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	return path
}

// everyWay tells a story once with the kernel's own list of mount namespaces
// and once with the search of /proc, by which older kernels have to be searched.
func everyWay(t *testing.T, story func(t *testing.T, s *stage)) {
	t.Helper()
	for _, namespaces := range []string{"auto", "proc"} {
		t.Run("namespaces="+namespaces, func(t *testing.T) {
			s := newStage(t, patient, fmt.Sprintf("namespaces = %q", namespaces))
			s.namespaces = namespaces
			story(t, s)
		})
	}
}

// runtimeWays are the ways in which stories of slow engines are told: with the
// runtime alone, and behind unbusy. One story of each engine's has the search of
// /proc as well; MATRIX=full has it for all.
func runtimeWays(search bool) []runtimeWay {
	ways := []runtimeWay{{"runc", "auto"}, {"unbusy", "auto"}}
	if search || os.Getenv("MATRIX") == "full" {
		ways = append(ways, runtimeWay{"unbusy", "proc"})
	}
	return ways
}

type runtimeWay struct{ runtime, namespaces string }

func (w runtimeWay) String() string { return w.runtime + " namespaces=" + w.namespaces }
