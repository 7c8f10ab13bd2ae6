package podman

import (
	"regexp"
	"testing"
)

// TestAnswer has a container whose command does not exist, and whose bind is
// rewritten: what podman says, and its exit status, which it takes from the
// runtime's words, are those of the runtime alone. How it takes them depends on
// the runtime's name: only of some names does it ask for words in JSON.
func TestAnswer(t *testing.T) {
	name := regexp.MustCompile(`^Error: [^: ]+: `)
	for _, runtime := range []string{"runc", "crun"} {
		said := make(map[string]answer)
		for _, test := range []struct{ front, like string }{
			{alone, alone}, {link, alone}, {dropIn, alone}, {same, alone}, {renamed, renamed}, {path, renamed},
		} {
			t.Run(runtime+" "+test.front, func(t *testing.T) {
				s := newStage(t, way{runtime: runtime, front: test.front})
				a := s.ask("run", "--rm", "--network", "none", "--volume", "/:/host", s.Image(), "/no/such/command")
				// podman begins with the name of the runtime.
				if a.status != 127 || !name.MatchString(a.stderr) {
					t.Errorf("%+v", a)
				}
				a.stderr = name.ReplaceAllString(a.stderr, "")
				said[test.front] = a
				if like := said[test.like]; a != like {
					t.Errorf("%+v\n%s: %+v", a, test.like, like)
				}
			})
		}
	}
}
