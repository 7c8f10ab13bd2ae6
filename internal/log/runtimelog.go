package log

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
)

// runtimeLog appends to the file that runc, crun and the others log to.
type runtimeLog struct {
	path   string
	format logrus.Formatter
}

func newRuntimeLog(path, format string) runtimeLog {
	if format == "json" {
		return runtimeLog{path, &logrus.JSONFormatter{}}
	}
	return runtimeLog{path, &logrus.TextFormatter{DisableColors: true, FullTimestamp: true}}
}

// fileOf returns the file that a runtime's --log names, "" if it names none:
// crun also takes file:PATH, journald:ID and syslog:ID.
func fileOf(log string) string {
	if path, ok := strings.CutPrefix(log, "file:"); ok {
		return path
	}
	if strings.HasPrefix(log, "journald:") || strings.HasPrefix(log, "syslog:") {
		return ""
	}
	return log
}

// isAnswer reports whether an engine takes the whole file for one message.
// podman does: it decodes the file as one JSON value, and where a second line
// makes that fail it has to do with what the runtime wrote to standard error
// (libpod/oci_conmon_common.go, readConmonPipeData).
func isAnswer(path string) bool { return filepath.Base(path) == "oci-log" }

// Levels implements logrus.Hook.
func (l runtimeLog) Levels() []logrus.Level { return logrus.AllLevels }

// Fire implements logrus.Hook. Errors are written as warnings: containerd's
// shim reports the last line of level error as the runtime's reason to fail
// (cmd/containerd-shim-runc-v2/process/utils.go, getLastRuntimeError), and
// whatever the runtime failed for, it was not us.
func (l runtimeLog) Fire(entry *logrus.Entry) error {
	e := *entry
	if e.Level < logrus.WarnLevel {
		e.Level = logrus.WarnLevel
	}
	// logrus would print an error on standard error, which is the runtime's,
	// and a full disk must not stop a container.
	_ = l.append(&e)
	return nil
}

func (l runtimeLog) append(entry *logrus.Entry) error {
	line, err := l.format.Format(entry)
	if err != nil {
		return err
	}
	if err := requireLog(l.path); err != nil {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(line)
	return err
}

// requireLog refuses a log that is part of the runtime's own output: a
// terminal, a pipe, or a file that standard output or error lead to. It looks
// before anything is opened, since closing a named pipe again would tell its
// reader that the runtime has ended.
func requireLog(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	for _, own := range []*os.File{os.Stdout, os.Stderr} {
		if output, err := own.Stat(); err == nil && os.SameFile(info, output) {
			return fmt.Errorf("%s is the runtime's output", path)
		}
	}
	return nil
}

// Fail writes a message of level error to the runtime's log, in the file's
// format. It is for the one case in which no runtime is there to give its own
// reason to fail: the message is then what the engine shows. An empty path is
// no error.
func Fail(path, format, message string) error {
	if path = fileOf(path); path == "" {
		return nil
	}
	entry := logrus.NewEntry(logrus.New())
	entry.Time, entry.Level, entry.Message = time.Now(), logrus.ErrorLevel, message
	return newRuntimeLog(path, format).append(entry)
}
