package taskapi

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/toolbox"
)

func TestMain(m *testing.M) {
	// The situations wait more than they compute. The command line has the last
	// word.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(host.Main(m, "containerd-2.4", "runc-1.5"))
}

// patience bounds every wait for something that takes milliseconds on an idle
// machine.
const patience = time.Minute

// Names of the task service. Daemons before containerd 2.0 know the first one
// only.
const (
	taskV2 = "containerd.task.v2.Task"
	taskV3 = "containerd.task.v3.Task"
)

// subject is a shim under comparison, and how a daemon talks to it.
type subject struct {
	name    string
	path    string // what is executed
	exe     string // what the process then is; path unless that is a script
	service string // by which name the tasks are called
	old     bool   // started as daemons before containerd 2.3 do, without bootstrap parameters
}

// stock is containerd's own shim.
func stock(t *testing.T) subject {
	t.Helper()
	dir, err := toolbox.Get(t.Context(), "containerd-2.4")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "containerd-shim-runc-v2")
	return subject{name: "stock", path: path, exe: path, service: taskV3}
}

// unbusy is our shim as new daemons use it, and as old ones do.
func unbusy(t *testing.T) (recent, old subject) {
	t.Helper()
	path := host.Program(t, "containerd-shim-unbusy-v2")
	recent = subject{name: "unbusy", path: path, exe: path, service: taskV3}
	old = recent
	old.name, old.service, old.old = "unbusy, by an old daemon", taskV2, true
	return recent, old
}

// difference shows two transcripts in one, with a sign before the lines that
// only one of them has; it is empty if there are none.
func difference(a, b []string) string {
	// The longest common subsequence of a[i:] and b[j:].
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	type line struct{ sign, text string }
	var all []line
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			all = append(all, line{" ", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			all = append(all, line{"-", a[i]})
			i++
		default:
			all = append(all, line{"+", b[j]})
			j++
		}
	}
	const around = 4 // lines are shown before and after a difference
	same := func(l line) bool { return l.sign == " " }
	var out strings.Builder
	for i, l := range all {
		if !same(l) || slices.ContainsFunc(all[max(0, i-around):min(len(all), i+around+1)], func(l line) bool { return !same(l) }) {
			out.WriteString(l.sign + " " + l.text + "\n")
		}
	}
	return out.String()
}
