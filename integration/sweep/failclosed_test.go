package sweep

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestNoTime has a sweep that cannot be done in the time it is given.
func TestNoTime(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		s.configure(`sweep_budget = "1ms"`, fmt.Sprintf("namespaces = %q", s.namespaces))
		v := s.victim("victim")
		// What is to be recorded at the start would not be in time, either.
		v.run(s.unbusy)
		s.agent("private", "")
		v.requireFailsClosed("")
		v.requireUnmounts()
	})
}

// TestUnreadableEngine has a /proc that does not tell who an engine's process
// is: any namespace might be an engine's then.
func TestUnreadableEngine(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		agent := s.agent("private", "")
		v.mount("/dev/null", "/proc/"+itoa(s.engine.Pid())+"/stat", "", "")
		before, after := v.requireFailsClosed("stat has an unknown form")
		requireNothingLost(t, before, after)
		requireHeld(t, agent.Pid(), v.originals())
		v.requireUnmounts()
	})
}

// TestBrokenRecord has a record that nobody understands: what the container owns
// is not known.
func TestBrokenRecord(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		agent := s.agent("private", "")
		v.breakRecord()
		before, after := v.requireFailsClosed("unbusy.json")
		requireNothingLost(t, before, after)
		requireHeld(t, agent.Pid(), v.originals())
		v.requireUnmounts()
	})
}

// TestFailedDelete has the runtime refuse: what it says is not changed, and a
// living container is not swept for.
func TestFailedDelete(t *testing.T) {
	everyWay(t, func(t *testing.T, s *stage) {
		v := s.victim("victim")
		v.run(s.unbusy)
		s.agent("private", "")
		before := take(t, s.h)
		for _, args := range [][]string{{"delete", v.id}, {"delete", "unknown"}} {
			want, got := s.call(s.runc, args...), s.call(s.unbusy, args...)
			got.stderr, want.stderr = withoutTime(got.stderr), withoutTime(want.stderr)
			if got != want || want.status == 0 {
				t.Errorf("%v: %+v, alone %+v", args, got, want)
			}
		}
		requireNothingLost(t, before, take(t, s.h))
	})
}

// withoutTime removes what no two runs of a runtime say alike.
func withoutTime(text string) string {
	return regexp.MustCompile(`time="[^"]*" `).ReplaceAllString(text, "")
}

// requireFailsClosed ends the container and fails unless the runtime answers as
// ever, and the sweep that was not done is told in the log and in the record of
// failures, with the given words.
func (v *victim) requireFailsClosed(words string) (before, after tables) {
	v.s.t.Helper()
	known := len(events(v.s.t))
	before, after = v.end(v.s.unbusy)
	event := events(v.s.t)[known:]
	for _, part := range []string{`"kind":"failed-closed"`, `"container":"` + v.id + `"`, `"bundle":"` + v.bundle + `"`, words} {
		if !strings.Contains(event, part) {
			v.s.t.Errorf("the record does not say %q: %s", part, event)
		}
	}
	said := false
	for _, e := range v.s.entries() {
		said = said || e.Level != "info" && e.Error != "" && strings.Contains(e.Error, words)
	}
	if !said {
		v.s.t.Errorf("the log does not say %q: %+v", words, v.s.entries())
	}
	return before, after
}
