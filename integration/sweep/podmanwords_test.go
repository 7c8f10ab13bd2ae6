package sweep

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPodmanWords compares what podman says and answers under the runtime alone
// and behind unbusy, in the life of a container of which an agent has copies.
func TestPodmanWords(t *testing.T) {
	story := [][]string{
		{"exec", "words", "sh", "-c", "echo said; exit 3"},
		{"stop", "--time", "0", "words"},
		{"stop", "--time", "0", "words"},
		{"exec", "words", "true"},
		{"start", "words"},
		{"kill", "words"},
		{"wait", "words"},
		{"inspect", "--format", "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}", "words"},
		{"start", "words"},
		{"restart", "--time", "0", "words"},
		{"rm", "words"},
		{"rm", "--force", "--time", "0", "words"},
		{"rm", "words"},
		{"run", "--rm", "--name", "words", "IMAGE", "sh", "-c", "echo said; exit 4"},
	}
	said := make(map[string][]string)
	for _, runtime := range []string{"runc", "unbusy"} {
		t.Run(runtime, func(t *testing.T) {
			p := newPodman(t, runtime, "auto")
			p.Run("words")
			stderr := filepath.Join(p.h.Dir(), "stderr")
			for _, args := range story {
				agent := p.agent()
				line := strings.ReplaceAll(strings.Join(args, "\n"), "IMAGE", p.Image())
				// What is told at the level below is how long things take.
				command := p.Command(append([]string{"--log-level", "info"}, strings.Split(line, "\n")...)...)
				text, err := p.h.Exec(nil, "sh", append([]string{"-c", `said=$1; shift; "$@" 2>"$said"; echo "exit status $?"; cat "$said"`, "sh", stderr}, command...)...)
				if err != nil {
					t.Fatal(err)
				}
				said[runtime] = append(said[runtime], strings.Join(args, " ")+": "+p.anonymous(text))
				agent.End()
			}
		})
	}
	for i, args := range story {
		if alone, behind := said["runc"][i], said["unbusy"][i]; alone != behind {
			t.Errorf("podman %s:\nbehind unbusy %s\nalone %s", args, behind, alone)
		}
	}
	for i, want := range map[int]string{0: "exit status 3", 7: "exited 137", 13: "exit status 4"} {
		if !strings.Contains(said["runc"][i], want) {
			t.Errorf("there is nothing to show: %s", said["runc"][i])
		}
	}
}

var (
	identifiers = regexp.MustCompile(`[0-9a-f]{12,64}`)
	times       = regexp.MustCompile(`time="[^"]*"`)
	// What one of podman's threads says at its end is said or not.
	endings = regexp.MustCompile(`.*Received shutdown.*\n`)
	numbers = regexp.MustCompile(`\b[0-9]{4,}\b`)
	// In a pid namespace of the test's own a process can have a short number.
	pids = regexp.MustCompile(`(?i)\bpid\W+(as )?[0-9]+`)
)

// anonymous removes what no two containers have in common.
func (p *podman) anonymous(text string) string {
	text = strings.ReplaceAll(text, p.h.Dir(), "DIR")
	text = endings.ReplaceAllString(text, "")
	for _, re := range []*regexp.Regexp{identifiers, times, pids, numbers} {
		text = re.ReplaceAllString(text, "X")
	}
	return text
}
