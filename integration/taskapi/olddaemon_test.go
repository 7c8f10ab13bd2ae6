package taskapi

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/api/types/runc/options"
)

// TestOldDaemon starts shims as daemons before containerd 2.3 do. What stock's
// of this version answers to them is an error, so there is nothing to compare.
func TestOldDaemon(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	_, old := unbusy(t)
	for name, test := range map[string]struct {
		options startOptions
		stdin   []byte
		refused bool
	}{
		"without options":      {},
		"with options":         {options: startOptions{runc: &options.Options{SystemdCgroup: true}}},
		"with default options": {options: startOptions{runc: &options.Options{}}},
		"with debug output":    {options: startOptions{debug: true}},
		"with broken options":  {stdin: []byte{0xff}, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := enter(t, stage.place(), old)
			c := r.startCommand(t, old, first, test.options)
			if test.stdin != nil {
				c.stdin = test.stdin
			}
			o := r.place.call(t, old, c)
			file, err := os.ReadFile(filepath.Join(r.bundle(first), "address"))
			if test.refused {
				if o.status == 0 || o.stdout != "" || o.stderr == "" || err == nil {
					t.Errorf("start said %+v, and the file address %q", o, file)
				}
				return
			}
			// containerd 1.6 takes all that comes out, and later what is in the file,
			// for the address.
			if o.status != 0 || o.stderr != "" || string(file) != o.stdout {
				t.Fatalf("start said %+v, and the file address %q, %v", o, file, err)
			}
			r.adopt(o)
			r.launch()
			r.end()
			if exists(r.addr[len("unix://"):]) {
				t.Error("the socket was left")
			}
		})
	}
}
