package sweep

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/mount"
)

// asked says that startHelper was called before.
var asked bool

// startHelper has a child in a namespace of its own, as dockerd has to unpack a
// layer, and says which process that is. At first it does nothing.
func startHelper([]string) error {
	if !asked {
		asked = true
		return nil
	}
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	// It is in its namespace once it answers.
	if _, err := stdin.Write([]byte("x")); err != nil {
		return err
	}
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, cmd.Process.Pid)
	return err
}

// TestHelperAfterEngines has an engine start a helper when engines were looked for
// and namespaces were not yet listed.
func TestHelperAfterEngines(t *testing.T) {
	bothWays(t, func(t *testing.T, proc bool) {
		d := newDocker(t)
		owned := d.own(d.run(id, layer))
		dockerd := fakeEngine(t, "helper")
		agent := d.agent("private")
		lister := listerOf(proc)
		before, err := engine.FindProtected(t.Context(), lister)
		if err != nil {
			t.Fatal(err)
		}
		again(t, dockerd)
		var pid int
		if _, err := fmt.Fscanln(outputs[dockerd], &pid); err != nil {
			t.Fatal(err)
		}
		helper := &exec.Cmd{Process: &os.Process{Pid: pid}}

		request := Request{Owned: owned, Detach: true}
		threads := asTheyAre()
		v := &view{files: map[mount.NamespaceID]*os.File{}, threads: threads.threads}
		defer v.close()
		found, err := v.find(t.Context(), lister, request, threads)
		defer func() {
			for i := range found {
				found[i].Close()
			}
		}()
		if err != nil {
			t.Fatal(err)
		}
		v.protected = before
		if err := v.compose(t.Context(), lister, request, found); err != nil {
			t.Fatal(err)
		}
		outcomes := d.apply(newDetacher(lister, v, owned), cleanup.Plan(owned, v.scene, cleanup.Options{MayHang: mountns.MayHang}))
		d.holds(helper, 2)
		d.holds(agent, 0)
		d.holds(d.engine, 2)
		kept := func(line string) bool { return strings.HasSuffix(line, string(cleanup.RefuseProtected)) }
		if lines := results(outcomes); len(lines) != 4 || len(slices.DeleteFunc(lines, kept)) != 2 {
			t.Errorf("%q", results(outcomes))
		}
	})
}
