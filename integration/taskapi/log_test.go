package taskapi

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// shimLog is what a shim writes to the FIFO in its bundle that the daemon reads.
type shimLog struct {
	fifo *os.File
	done chan []byte
	over bool

	own      []string // our own messages, each once
	ownLines []string // and in full
	debug    bool     // there were debug messages
}

// lastWord is written to the FIFO by the reader itself once the shim has ended.
const lastWord = "that was all\n"

// readLog makes the FIFO and begins to read it.
func readLog(t *testing.T, bundle string) *shimLog {
	t.Helper()
	path := filepath.Join(bundle, "log")
	if err := unix.Mkfifo(path, 0o700); err != nil {
		t.Fatal(err)
	}
	// Not for reading alone: there would be an end whenever nobody writes.
	fifo, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := &shimLog{fifo: fifo, done: make(chan []byte, 1)}
	t.Cleanup(func() { fifo.Close() })
	go func() {
		var all []byte
		part := make([]byte, 4096)
		for !bytes.HasSuffix(all, []byte(lastWord)) {
			n, err := fifo.Read(part)
			if err != nil {
				break
			}
			all = append(all, part[:n]...)
		}
		l.done <- bytes.TrimSuffix(all, []byte(lastWord))
	}()
	return l
}

var (
	logTime    = regexp.MustCompile(`time="[^"]*" `)
	logTrouble = regexp.MustCompile(`^level=(warning|error|fatal|panic)`)
	logMessage = regexp.MustCompile(`msg=("[^"]*"|[^" ]*)`)
)

// written are the warnings and errors for comparison, each once, and whatever is
// no message of the log at all. Our own messages are put aside. The shim has to
// have ended. It is all told once.
func (l *shimLog) written() []string {
	if l.over {
		return nil
	}
	l.over = true
	if _, err := l.fifo.WriteString(lastWord); err != nil {
		return []string{err.Error()}
	}
	var lines []string
	for line := range strings.Lines(string(<-l.done)) {
		line = logTime.ReplaceAllString(strings.TrimSpace(line), "")
		switch {
		case strings.HasPrefix(line, "level=debug"):
			l.debug = true
		case strings.HasPrefix(line, "level=") && !logTrouble.MatchString(line):
		case strings.Contains(line, `msg="cgroups: epoll wait" error=shutdown`):
			// Comes or does not when a shim ends, as its threads happen to run.
		case strings.Contains(line, " program=containerd-shim-unbusy-v2 "):
			l.ownLines = append(l.ownLines, line)
			if message := strings.Trim(logMessage.FindString(line)[len("msg="):], `"`); !slices.Contains(l.own, message) {
				l.own = append(l.own, message)
			}
		default:
			lines = append(lines, "log "+line)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
