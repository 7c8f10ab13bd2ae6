package log

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRuntimeLogJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.json")
	if err := os.WriteFile(path, []byte("{\"level\":\"info\",\"msg\":\"runc's own\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	logger := New(Options{RuntimeLog: path, RuntimeFormat: "json"})
	logger.WithError(errors.New("a\nb \x1b[31m")).Error("failed")

	lines := strings.Split(strings.TrimSpace(read(t, path)), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	var line struct{ Level, Msg, Error string }
	if err := json.Unmarshal([]byte(lines[1]), &line); err != nil {
		t.Fatal(err)
	}
	// containerd's shim would report an error as the runtime's.
	if line.Level != "warning" || line.Msg != "failed" || line.Error != "a\nb \x1b[31m" {
		t.Errorf("logged %+v", line)
	}
}

func TestRuntimeLogText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	New(Options{RuntimeLog: path, RuntimeFormat: "text"}).WithField("source", "/a\nb\x1b[31m").Info("rewritten")
	got := read(t, path)
	if strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") || !strings.Contains(got, "level=info") {
		t.Errorf("logged %q", got)
	}
}

func TestRuntimeLogIsPodmansAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oci-log")
	New(Options{RuntimeLog: path, RuntimeFormat: "json"}).Error("failed")
	if _, err := os.Stat(path); err == nil {
		t.Errorf("wrote %q", read(t, path))
	}
	if err := Fail(path, "json", "no runtime"); err != nil {
		t.Fatal(err)
	}
	var answer struct{ Level, Msg string }
	if err := json.Unmarshal([]byte(read(t, path)), &answer); err != nil || answer.Level != "error" || answer.Msg != "no runtime" {
		t.Errorf("answered %+v, %v", answer, err)
	}
}

// TestRuntimeLogIsNoFile has logs that are the runtime's output, or that nobody
// reads.
func TestRuntimeLogIsNoFile(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, path := range []string{fifo, dir, "/proc/self/fd/" + strconv.Itoa(int(writer.Fd())), "/nowhere/log"} {
		New(Options{RuntimeLog: path}).Error("failed")
	}
	writer.Close()
	if n, _ := reader.Read(make([]byte, 10)); n != 0 {
		t.Error("wrote into a pipe")
	}
}

// TestRuntimeLogPipeKeepsReader has a named pipe with a reader: opening and
// closing it would be the end of the file for that reader.
func TestRuntimeLogPipeKeepsReader(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	text := make(chan string, 1)
	go func() {
		b, err := os.ReadFile(fifo)
		text <- string(b) + fmt.Sprint(err)
	}()
	New(Options{RuntimeLog: fifo}).Error("failed")
	if err := os.WriteFile(fifo, []byte("the runtime's own"), 0); err != nil {
		t.Fatal(err)
	}
	if got := <-text; got != "the runtime's own<nil>" {
		t.Errorf("the reader got %q", got)
	}
}

// TestRuntimeLogOfCrun has the forms that only crun's --log knows.
func TestRuntimeLogOfCrun(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, log := range []string{"journald:id", "syslog:id", "file:log"} {
		New(Options{RuntimeLog: log}).Error("failed")
	}
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) != 1 || entries[0].Name() != "log" {
		t.Errorf("made %v, %v", entries, err)
	}
}

// TestRuntimeLogIsStandardError has a log that is the file which standard error
// was redirected to.
func TestRuntimeLogIsStandardError(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stderr := os.Stderr
	os.Stderr = f
	New(Options{RuntimeLog: f.Name()}).Error("failed")
	os.Stderr = stderr
	if got := read(t, f.Name()); got != "" {
		t.Errorf("wrote %q", got)
	}
}

func TestSystemLogMessages(t *testing.T) {
	entry := logrus.NewEntry(logrus.New()).WithFields(logrus.Fields{"bundle": "/b\nPRIORITY=0", "dest-ination": "a b"})
	entry.Message, entry.Level, entry.Time = "rewritten\x1b", logrus.WarnLevel, time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	s := systemLog{program: "unbusy-runtime"}

	want := `MESSAGE=rewritten\x1b bundle=/b\nPRIORITY=0 dest-ination="a b"` + "\n" +
		"PRIORITY=4\nSYSLOG_IDENTIFIER=unbusy-runtime\n" +
		`UNBUSY_BUNDLE=/b\nPRIORITY=0` + "\n" + `UNBUSY_DEST_INATION="a b"` + "\n"
	// A value with "=" is quoted.
	want = strings.ReplaceAll(want, `/b\nPRIORITY=0`, `"/b\nPRIORITY=0"`)
	if got := string(s.journalMessage(entry)); got != want {
		t.Errorf("journal: %q\nwant     %q", got, want)
	}
	got := string(s.syslogMessage(entry))
	if !strings.HasPrefix(got, "<28>Feb  3 04:05:06 unbusy-runtime[") || strings.ContainsAny(got, "\n\x1b") {
		t.Errorf("syslog: %q", got)
	}
}

// TestSystemLogDoesNotWait logs more than a receiver that never reads can hold.
func TestSystemLogDoesNotWait(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "journal")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.AddHook(systemLog{program: "p", journal: socket, syslog: socket})
	for range 5_000 {
		logger.Error("again")
	}
	message := make([]byte, 1000)
	n, err := listener.Read(message)
	if err != nil || !strings.HasPrefix(string(message[:n]), "MESSAGE=again\n") {
		t.Errorf("received %q, %v", message[:n], err)
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"/var/lib":          "/var/lib",
		"ünï \"quoted\"":    "ünï \"quoted\"",
		"a\nb\x1b[0m\x7f":   `a\nb\x1b[0m\x7f`,
		"not utf-8 \xff":    `not utf-8 \xff`,
		"right\u202eleft\n": `right\u202eleft\n`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
