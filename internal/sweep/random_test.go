package sweep

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// topologiesVariable in the environment is how many random topologies are tried.
const topologiesVariable = "UNBUSY_SWEEP_TOPOLOGIES"

// TestRandom sweeps random topologies: nothing goes but what the plan allows.
func TestRandom(t *testing.T) {
	if os.Getuid() == 0 && os.Getenv(inRandom) == "" {
		// What peers of ours do to the host stays in a host of its own.
		alone(t)
		return
	}
	topologies, err := strconv.Atoi(os.Getenv(topologiesVariable))
	if err != nil {
		topologies = 40
	}
	first := rand.Uint64()
	if text := os.Getenv("UNBUSY_SWEEP_SEED"); text != "" {
		if first, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint64(topologies) {
		t.Run(fmt.Sprintf("UNBUSY_SWEEP_SEED=%d", first+i), func(t *testing.T) { tryTopology(t, rand.New(rand.NewPCG(first+i, 0))) })
		if t.Failed() {
			return
		}
	}
}

// inRandom in the environment says that the process is for TestRandom alone.
const inRandom = "UNBUSY_SWEEP_RANDOM"

// alone executes the test that calls it in a process and a host of its own.
func alone(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, inHost+"=") })
	cmd.Env = append(cmd.Env, inRandom+"=1", "GORACE=atexit_sleep_ms=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

func tryTopology(t *testing.T, r *rand.Rand) {
	d := newDocker(t)
	c := d.run(id, layer)
	owned := d.own(c)
	dirs := []string{c.Rootfs, c.Shm, d.mkdir("..", "one"), d.mkdir("..", "two"), filepath.Dir(c.Rootfs), d.root, "/"}
	pick := func() string { return dirs[r.IntN(len(dirs))] }
	t.Cleanup(func() {
		for again := true; again; {
			again = false
			for _, dir := range dirs[:6] {
				// A copy of the whole host would take its peers along.
				if unix.Mount("", dir, "", unix.MS_REC|unix.MS_PRIVATE, "") == nil {
					again = unix.Unmount(dir, unix.MNT_DETACH) == nil || again
				}
			}
		}
	})
	var agents []*exec.Cmd
	var namespaces []*mountns.Namespace
	for range 1 + r.IntN(3) {
		args := []string{"unshare", "--mount", "--propagation", []string{"private", "slave", "unchanged"}[r.IntN(3)], "cat"}
		if len(agents) > 0 && r.IntN(2) == 0 {
			from := r.IntN(len(agents))
			// One that has moved its root away can start nothing.
			if namespaces[from].Enter(func() error { return unix.Access("/usr/bin/unshare", unix.X_OK) }) == nil {
				args = append([]string{"nsenter", fmt.Sprintf("--mount=/proc/%d/ns/mnt", agents[from].Process.Pid)}, args...)
			}
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stderr = os.Stderr
		agent := start(t, cmd)
		agents = append(agents, agent)
		namespaces = append(namespaces, namespaceOf(t, agent.Process.Pid))
		for range r.IntN(6) {
			ns := namespaces[r.IntN(len(namespaces))]
			a := pick()
			how := []uintptr{unix.MS_PRIVATE, unix.MS_SLAVE, unix.MS_SHARED}[r.IntN(3)] | []uintptr{0, unix.MS_REC}[r.IntN(2)]
			op := r.IntN(5)
			// Much of it is impossible. What peers of ours do is done to
			// the host as well.
			_ = ns.Enter(func() error {
				switch op {
				case 0, 1:
					return unix.Mount("", a, "", how, "")
				case 2:
					return unix.Mount(a, dirs[2+r.IntN(2)], "", unix.MS_BIND|[]uintptr{0, unix.MS_REC}[r.IntN(2)], "")
				case 3:
					return unix.Mount(a, dirs[2+r.IntN(2)], "", unix.MS_MOVE, "")
				default:
					return unix.Mount("random", dirs[r.IntN(4)], "tmpfs", 0, "size=4k")
				}
			})
		}
	}
	proc := r.IntN(3) == 0
	options := cleanup.Options{Leaf: r.IntN(2) == 0, MayHang: mountns.MayHang}
	by, _ := d.plan(owned, proc)
	plan := cleanup.Plan(owned, by.view.scene, options)
	w := watch(t, namespaces...)
	outcomes := d.apply(by, plan)
	planned := make(map[key]bool)
	for _, o := range plan {
		if o.Refusal == cleanup.Allowed {
			planned[key{o.Namespace.Inode, o.Mount.OldID}] = true
		}
	}
	for _, s := range w.lost() {
		if !planned[key{s.namespace, s.mount.OldID}] {
			t.Errorf("lost: %s, %d", s, s.mount.OldID)
		}
	}
	now := w.now()
	for _, o := range outcomes {
		there := false
		for _, s := range now {
			there = there || s.namespace == o.Copy.Namespace.Inode && s.mount.OldID == o.Copy.Mount.OldID
		}
		if there && o.Result == cleanup.Detached {
			t.Errorf("there: %+v", o)
		}
	}
	if t.Failed() {
		for _, line := range results(outcomes) {
			t.Log(line)
		}
	}
}

// key is a mount in a namespace.
type key struct {
	namespace, id uint64
}
