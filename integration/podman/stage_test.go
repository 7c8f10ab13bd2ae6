package podman

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// stage is a host on which somebody uses podman.
type stage struct {
	*host.Podman
	t       *testing.T
	h       *host.Host
	way     way
	journal *journal
}

// newStage prepares it. What unbusy itself says is checked when the test ends:
// there is no failure in any of the stories.
func newStage(t *testing.T, w way, options ...host.PodmanOption) *stage {
	t.Helper()
	h := host.New(t)
	s := &stage{t: t, h: h, way: w, journal: newJournal(t)}
	t.Cleanup(s.requireQuiet)
	settings := fmt.Sprintf("runtime = %q\nsweep_budget = \"10s\"\n", h.Debian(w.runtime, w.runtime))
	h.UnbusyConfig(settings)
	s.Podman = h.Podman(append(w.options(t, h), options...)...)
	if !w.rootless {
		// They are where no configuration file says so.
		const root = "[[roots]]\nengine = \"podman\"\npath = %q\n"
		h.UnbusyConfig(settings + fmt.Sprintf(root+root, s.GraphRoot(), s.RunRoot()))
	}
	s.Image()
	return s
}

// requireQuiet fails if something was said that is not worth anybody's time.
func (s *stage) requireQuiet() {
	s.t.Helper()
	for _, said := range s.journal.warnings(s.t) {
		switch {
		case strings.HasPrefix(said, "bind rewritten, but it keeps copies below private mounts"):
			// That containers/storage mounts as it does is worth knowing.
		case !s.way.rootless && strings.HasPrefix(said, "not everything could be looked at"):
			// Not even root is shown everything where PID 1 has capabilities that the
			// tests do not have.
		default:
			s.t.Errorf("unbusy logs: %q", said)
		}
	}
	if text, err := os.ReadFile("/run/unbusy/events"); !errors.Is(err, os.ErrNotExist) {
		s.t.Errorf("there are failures on record: %s, %v", text, err)
	}
}

// answer is what somebody gets who calls podman.
type answer struct {
	args           string
	status         int
	stdout, stderr string
}

// ask calls podman. What no two calls have in common is replaced in the answer.
func (s *stage) ask(args ...string) answer {
	s.t.Helper()
	// A container that is run in the background has nothing to do with them.
	said := filepath.Join(s.h.Dir(), "stderr")
	command := s.Command(args...)
	out, err := s.h.Exec(nil, "sh", append([]string{"-c", `said=$1; shift; "$@" 2>"$said"; status=$?; echo; echo "$status"`, "sh", said}, command...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	stderr, err := os.ReadFile(said)
	if err != nil {
		s.t.Fatal(err)
	}
	stdout, status := "", strings.TrimSuffix(out, "\n")
	if at := strings.LastIndex(status, "\n"); at >= 0 {
		stdout, status = status[:at], status[at+1:]
	}
	a := answer{args: s.anonymous(strings.Join(args, " ")), stdout: s.anonymous(stdout), stderr: s.anonymous(string(stderr))}
	if a.status, err = strconv.Atoi(status); err != nil {
		s.t.Fatalf("%v: %q", err, out)
	}
	return a
}

var (
	identifiers = regexp.MustCompile(`\b[0-9a-f]{12,64}\b`)
	times       = regexp.MustCompile(`time="[^"]*"|\d{4}-\d\d-\d\d[T ][0-9:.]+Z?`)
	numbers     = regexp.MustCompile(`\b[0-9]{4,}\b`)
)

func (s *stage) anonymous(text string) string {
	text = strings.ReplaceAll(text, s.h.Dir(), "DIR")
	for _, re := range []*regexp.Regexp{identifiers, times, numbers} {
		text = re.ReplaceAllString(text, "X")
	}
	return text
}

// keeper is a process in the mount namespace in which podman mounts: our own one,
// or that of the process that keeps a user's namespaces.
func (s *stage) keeper() int {
	s.t.Helper()
	if !s.way.rootless {
		return os.Getpid()
	}
	// podman writes down who that is (pkg/rootless, TryJoinPauseProcess).
	text, err := os.ReadFile(filepath.Join(s.Home(), "run/libpod/tmp/pause.pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// mounted tells which of some mountpoints a process has.
func (s *stage) mounted(pid int, points []string) []string {
	s.t.Helper()
	mounts, err := observe.Mounts(pid)
	if err != nil {
		s.t.Fatal(err)
	}
	there := make(map[string]bool, len(mounts))
	for _, m := range mounts {
		there[m.Point] = true
	}
	var found []string
	for _, point := range points {
		if there[point] {
			found = append(found, point)
		}
	}
	return found
}

func (s *stage) inspect(name, format string) string {
	s.t.Helper()
	return strings.TrimSpace(s.Podman.Podman("container", "inspect", "--format", format, name))
}

// agent starts a process in a mount namespace with private copies of everything
// that is mounted where podman mounts. It begins with shell commands, if any.
func (s *stage) agent(first ...string) *host.Process {
	s.t.Helper()
	script := strings.Join(append(first, "echo it is there", "read end"), "\n")
	command := []string{"unshare", "--mount", "--propagation", "private", "sh", "-ec", script}
	if s.way.rootless {
		command = append([]string{"nsenter", "--user", "--mount", "--target", strconv.Itoa(s.keeper())}, command...)
	}
	return s.h.Start(command[0], command[1:]...)
}
