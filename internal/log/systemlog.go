package log

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/linux"
)

const (
	journalSocket = "/run/systemd/journal/socket"
	syslogSocket  = "/dev/log"
	// facilityDaemon is syslog's facility 3, shifted as the protocol wants it.
	facilityDaemon = 3 << 3
)

// systemLog sends to the journal, or to syslog where there is no journal. A
// message that the receiver does not take at once is lost: a journald that
// stalls must not stall containers.
type systemLog struct {
	program         string
	journal, syslog string // sockets
}

// Levels implements logrus.Hook.
func (s systemLog) Levels() []logrus.Level { return logrus.AllLevels }

// Fire implements logrus.Hook.
func (s systemLog) Fire(entry *logrus.Entry) error {
	if linux.SendDatagram(s.journal, s.journalMessage(entry)) != nil {
		_ = linux.SendDatagram(s.syslog, s.syslogMessage(entry)) // there is nowhere left to say it
	}
	return nil
}

// journalMessage has the form of systemd's native protocol: one NAME=value a
// line. Values never hold a line feed, they are escaped.
func (s systemLog) journalMessage(entry *logrus.Entry) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n", s.text(entry), priority(entry.Level), s.program)
	for _, name := range fieldNames(entry) {
		fmt.Fprintf(&b, "UNBUSY_%s=%s\n", journalName(name), value(entry.Data[name]))
	}
	return []byte(b.String())
}

func (s systemLog) syslogMessage(entry *logrus.Entry) []byte {
	return fmt.Appendf(nil, "<%d>%s %s[%d]: %s", facilityDaemon|priority(entry.Level),
		entry.Time.Format("Jan _2 15:04:05"), s.program, os.Getpid(), s.text(entry))
}

// text is the message with its fields, since journalctl and syslog files show
// one line.
func (s systemLog) text(entry *logrus.Entry) string {
	var b strings.Builder
	b.WriteString(Escape(entry.Message))
	for _, name := range fieldNames(entry) {
		b.WriteString(" " + name + "=" + value(entry.Data[name]))
	}
	return b.String()
}

func fieldNames(entry *logrus.Entry) []string {
	names := make([]string, 0, len(entry.Data))
	for name := range entry.Data {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func value(v any) string {
	s := fmt.Sprint(v)
	if strings.ContainsAny(s, " \"=") || s == "" {
		return strconv.Quote(s)
	}
	return Escape(s)
}

// Escape makes control characters visible. Paths, process names and options
// come from containers, and must neither forge a line of a log nor reach a
// terminal.
func Escape(s string) string {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable) {
		return s
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// journalName turns a field's name into one that the journal takes: upper-case
// letters, digits and underscores.
func journalName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		default:
			return '_'
		}
	}, name)
}

// priority translates a level into syslog's, which the journal uses as well.
func priority(level logrus.Level) int {
	switch level {
	case logrus.PanicLevel, logrus.FatalLevel:
		return 2
	case logrus.ErrorLevel:
		return 3
	case logrus.WarnLevel:
		return 4
	case logrus.InfoLevel:
		return 6
	default:
		return 7
	}
}
