package events

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func readEvents(t *testing.T, path string) []Event {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []Event
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		all = append(all, e)
	}
	return all
}

func TestAppend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run/unbusy/events")
	for _, text := range []string{"first", "second\nline \x1b[31m"} {
		if err := Append(path, Event{Kind: FailedOpen, Program: "p", Bundle: "/b", Error: text}); err != nil {
			t.Fatal(err)
		}
	}
	got := readEvents(t, path)
	if len(got) != 2 || got[0].Error != "first" || got[1].Error != "second\nline \x1b[31m" || got[1].Kind != FailedOpen {
		t.Errorf("read %+v", got)
	}
}

func TestAppendIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	bundle := strings.Repeat("x", 10_000)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 100 {
				if err := Append(path, Event{Bundle: bundle}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if err := Append(path, Event{Error: "last"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxSize+20_000 {
		t.Errorf("%d bytes", info.Size())
	}
	got := readEvents(t, path)
	if len(got) < 40 || got[len(got)-1].Error != "last" {
		t.Errorf("%d events are left, the last is %.20q", len(got), got[len(got)-1].Error)
	}
}

// TestAppendWritesLines has the form that others read.
func TestAppendWritesLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	for _, e := range []Event{
		{Kind: FailedClosed, Program: "p", Container: "c", Bundle: "/b", Error: "e"},
		{Kind: FailedOpen, Program: "p"},
	} {
		if err := Append(path, e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"time":"0001-01-01T00:00:00Z","kind":"failed-closed","program":"p","container":"c","bundle":"/b","error":"e"}
{"time":"0001-01-01T00:00:00Z","kind":"failed-open","program":"p","error":""}
`
	if string(got) != want {
		t.Errorf("the record has\n%s", got)
	}
}

func TestAppendCutsLongTexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	if err := Append(path, Event{Error: "first"}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("\u00fc", 2*maxSize)
	if err := Append(path, Event{Error: long, Container: long}); err != nil {
		t.Fatal(err)
	}
	got := readEvents(t, path)
	if len(got) != 2 || len(got[1].Error) > 2*maxText || len(got[1].Container) > 2*maxText {
		t.Errorf("%d events are left", len(got))
	}
}

func TestAppendDoesNotFollowOrWait(t *testing.T) {
	dir := t.TempDir()
	fifo, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	if err := Append(link, Event{}); err == nil {
		t.Error("wrote through a link")
	}
	if err := Append(fifo, Event{}); err == nil {
		t.Error("wrote into a named pipe")
	}
	if _, err := os.Stat(filepath.Join(dir, "target")); err == nil {
		t.Error("made the link's target")
	}
}
