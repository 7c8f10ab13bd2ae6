package podman

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// journal takes what unbusy sends to the system's log, in journald's place.
type journal struct {
	mu      sync.Mutex
	entries []map[string]string
	past    []map[string]string // and need not be looked at again
	asked   chan struct{}       // has been answered up to what was sent before
}

// journalSocket is in the box's own /run.
const journalSocket = "/run/systemd/journal/socket"

// newJournal listens until the test ends.
func newJournal(t *testing.T) *journal {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(journalSocket), 0o755); err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: journalSocket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(journalSocket, 0o666); err != nil {
		t.Fatal(err)
	}
	j := &journal{asked: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 1<<16)
		for {
			n, err := socket.Read(buffer)
			if err != nil {
				return
			}
			j.take(buffer[:n])
		}
	}()
	t.Cleanup(func() {
		socket.Close()
		<-ended
		if err := os.Remove(journalSocket); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	})
	return j
}

// question is what the journal sends to itself.
const question = "QUESTION"

func (j *journal) take(message []byte) {
	if string(message) == question {
		j.asked <- struct{}{}
		return
	}
	entry := make(map[string]string)
	for line := range bytes.Lines(message) {
		name, value, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), "=")
		entry[name] = value
	}
	if entry["SYSLOG_IDENTIFIER"] != "unbusy-runtime" {
		return // conmon and podman know the place, too
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
}

// all are the entries of what was sent before the call.
func (j *journal) all(t *testing.T) []map[string]string {
	t.Helper()
	conn, err := net.Dial("unixgram", journalSocket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(question)); err != nil {
		t.Fatal(err)
	}
	<-j.asked
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.entries
}

// detached are the mountpoints of which copies were detached for the sake of a
// container.
func (j *journal) detached(t *testing.T, id string) map[string]bool {
	t.Helper()
	points := make(map[string]bool)
	for _, e := range j.all(t) {
		if e["UNBUSY_CONTAINER"] == id && strings.HasPrefix(e["MESSAGE"], "detached a copy") {
			points[e["UNBUSY_MOUNTPOINT"]] = true
		}
	}
	return points
}

// forget forgets what was detached, as far as it was asked about.
func (j *journal) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.past = append(j.past, j.entries...)
	j.entries = nil
}

// warnings are what is said at level warning and above.
func (j *journal) warnings(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, e := range append(j.all(t), j.past...) {
		if e["PRIORITY"] <= "4" {
			texts = append(texts, e["MESSAGE"])
		}
	}
	return texts
}
