package taskapi

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// situation is one that shims are brought into.
type situation struct {
	name string
	play func(*run)
	says []string // what of its own our shim has to log
}

// compare plays a situation, after something that all of the kind begin with,
// on the first subject and then on each of the others, and wants the same of
// all. It returns which calls were made, and which of their fields used.
func (s situation) compare(t *testing.T, p place, before func(*run), subjects ...subject) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	var want []string
	for i, subject := range subjects {
		r := s.transcript(t, p, before, subject)
		got := r.lines
		maps.Copy(used, r.called)
		if i == 0 {
			want = got
			continue
		}
		if diff := difference(want, got); diff != "" {
			t.Errorf("-%s +%s:\n%s", subjects[0].name, subject.name, diff)
		}
		if subject.exe != subjects[0].exe && !slices.Equal(r.log.own, s.says) {
			t.Errorf("%s logged %q, want %q alone:\n%s", subject.name, r.log.own, s.says, strings.Join(r.log.ownLines, "\n"))
		}
	}
	return used
}

// transcript plays a situation with a subject, to the end.
func (s situation) transcript(t *testing.T, p place, before func(*run), with subject) *run {
	t.Helper()
	r := enter(t, p, with)
	before(r)
	s.play(r)
	r.end()
	return r
}

// compareAll does so with every situation of a kind.
func compareAll(t *testing.T, stage *stage, kind []situation, before func(*run), subjects ...subject) {
	t.Helper()
	for _, s := range kind {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.compare(t, stage.place(), before, subjects...)
		})
	}
}
