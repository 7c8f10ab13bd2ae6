package podman

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// way is how podman comes to its runtime, and who calls podman.
type way struct {
	runtime  string // "runc" or "crun"
	front    string
	rootless bool
}

// rootless is how an ordinary user's podman works here, whose runtime has to do
// without cgroups.
var rootless = way{runtime: "crun", front: dropIn, rootless: true}

// What stands in front of the runtime.
const (
	alone   = "alone"     // nothing
	renamed = "renamed"   // nothing, but the runtime is called like unbusy's
	path    = "path"      // --runtime, or runtime in containers.conf, is unbusy-runtime
	link    = "link"      // it is a link to unbusy-runtime that is called like the runtime
	same    = "same name" // a drop-in file has podman find such a link under the runtime's name
	dropIn  = "drop-in"   // a drop-in file names unbusy-runtime, and makes it the default
)

func (w way) String() string {
	who := "root"
	if w.rootless {
		who = "rootless"
	}
	return strings.Join([]string{who, w.runtime, w.front}, " ")
}

// dropInFile is the one of docs/podman.md.
const dropInFile = `[engine]
runtime = "unbusy"
runtime_supports_json = ["crun", "runc", "kata", "runsc", "krun", "unbusy"]
%s
[engine.runtimes]
unbusy = [%q]
`

// onlyCrun is the line of the drop-in file that is for a runtime that can do
// without cgroups.
const onlyCrun = `runtime_supports_nocgroup = ["crun", "krun", "unbusy"]
`

// options set podman up.
func (w way) options(t *testing.T, h *host.Host) []host.PodmanOption {
	t.Helper()
	runtime, file := h.Debian(w.runtime, w.runtime), "# nothing\n"
	switch w.front {
	case path:
		runtime = host.Program(t, "unbusy-runtime")
	case renamed:
		runtime = linkTo(t, h, runtime, filepath.Base(host.Program(t, "unbusy-runtime")))
	case link:
		runtime = linkTo(t, h, host.Program(t, "unbusy-runtime"), w.runtime)
	case same:
		file = fmt.Sprintf(sameNameFile, w.runtime, linkTo(t, h, host.Program(t, "unbusy-runtime"), w.runtime))
		runtime = w.runtime
	case dropIn:
		more := ""
		if w.runtime == "crun" {
			more = onlyCrun
		}
		file = fmt.Sprintf(dropInFile, more, host.Program(t, "unbusy-runtime"))
	}
	options := []host.PodmanOption{host.PodmanDropIn(file), host.PodmanRuntime(runtime)}
	if w.rootless {
		options = append(options, host.PodmanRootless())
	}
	return options
}

// compare tells a story under the runtime alone and behind unbusy. The answers
// have to be the same, and are returned.
func compare(t *testing.T, w way, story func(*stage) []answer, options ...host.PodmanOption) []answer {
	t.Helper()
	plain := w
	plain.front = alone
	var answers [2][]answer
	for i, w := range []way{plain, w} {
		t.Run(w.front, func(t *testing.T) { answers[i] = story(newStage(t, w, options...)) })
	}
	want, got := answers[0], answers[1]
	if len(want) == 0 || len(want) != len(got) {
		t.Errorf("%d answers alone, %d behind unbusy", len(want), len(got))
		return nil
	}
	for i := range want {
		if want[i] != got[i] {
			t.Errorf("podman %q\nbehind unbusy: %+v\nalone:         %+v", want[i].args, got[i], want[i])
		}
	}
	return want
}

// sameNameFile is the other one.
const sameNameFile = `[engine.runtimes]
%s = [%q]
`

// linkTo makes a link of the given name.
func linkTo(t *testing.T, h *host.Host, program, name string) string {
	t.Helper()
	at := filepath.Join(h.Dir("bin"), name)
	if err := os.Symlink(program, at); err != nil {
		t.Fatal(err)
	}
	return at
}
