package docker

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/host"
)

// TestRestartPolicy has dockerd restart a container again and again, with an
// agent for each of its lives that was started under plain runc. Of a life that
// is over nothing is held, and the next one, which has the same paths and layers
// and often the same device numbers, is none the worse.
func TestRestartPolicy(t *testing.T) {
	d := dockerd(t)
	for _, test := range []struct {
		policy, runtime string
		lives           int
		held            string
	}{
		{"always", stock, 1, "netns shm"},
		{"always", unbusy, 3, ""},
		{"on-failure", unbusy, 1, ""},
	} {
		t.Run(test.policy+" "+test.runtime, func(t *testing.T) {
			victim := test.policy + "-" + test.runtime
			m := runVictim(t, d, victim, test.runtime, "--restart", test.policy)
			for life := 1; life <= test.lives; life++ {
				agent := runAgent(t, d, victim+"-agent-"+strconv.Itoa(life), stock)
				if held := m.heldBy(t, agent); held != everything {
					t.Fatalf("the agent sees %q, there is nothing to show", held)
				}
				killFirstProcess(t, d, victim)
				awaitRestart(d, victim, life)
				if held := m.heldBy(t, agent); held != test.held {
					t.Errorf("of life %d the agent holds %q, want %q", life, held, test.held)
				}
				stillFine(t, d, victim)
				m = ownMounts(t, d, victim)
			}
			d.Docker("rm", "--force", victim)
		})
	}
}

// killFirstProcess kills a container behind dockerd's back: what it is told to
// kill it does not restart.
func killFirstProcess(t *testing.T, d *host.Dockerd, name string) {
	t.Helper()
	killPid(t, pidOf(t, d, name))
}

func killPid(t *testing.T, pid int) {
	t.Helper()
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// awaitRestart waits until a container runs that was restarted that often.
func awaitRestart(d *host.Dockerd, name string, times int) {
	want := "true false " + strconv.Itoa(times) + "\n"
	d.Await(name, "{{.State.Running}} {{.State.Restarting}} {{.RestartCount}}", func(out string) bool { return out == want })
}
