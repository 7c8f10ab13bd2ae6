package holder

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/unbusy/unbusy/internal/linux"
)

const (
	// maxCommand is how many bytes of a command line are kept: nobody needs more
	// to recognise it.
	maxCommand = 256
	// maxComm is enough for the names of kernel threads, which are the longest.
	maxComm = 128
	// patience is for a command line, which takes microseconds.
	patience = 200 * time.Millisecond
)

// command is the command line of a process, or its name in brackets.
//
// The command line says more: the name is only 15 bytes, "java" or "python3". But it
// is in the process's own memory, which the kernel has to lock, and to fetch if the
// process put it into a file of a FUSE that does not answer. Hence whoever reads it
// is not waited for any longer than it takes.
func command(dir string) (string, error) {
	var buffer [maxComm]byte
	n, err := linux.ReadOnce(dir+"comm", buffer[:])
	if err != nil {
		return "", err
	}
	name := "[" + clean(strings.TrimSuffix(string(buffer[:n]), "\n")) + "]"
	line := within(patience, func() string {
		buffer := make([]byte, maxCommand+1)
		n, err := linux.ReadOnce(dir+"cmdline", buffer)
		if err != nil {
			return "" // it ends, or is none of ours
		}
		return commandLine(buffer[:n])
	})
	if line == "" {
		return name, nil
	}
	return line, nil
}

// within is what read returns, or nothing if that takes longer.
func within(limit time.Duration, read func() string) string {
	answer := make(chan string, 1) // which nobody may be there to take
	go func() { answer <- read() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case line := <-answer:
		return line
	case <-timer.C:
		return ""
	}
}

// commandLine joins the arguments in the text of a cmdline. What is more than
// maxCommand bytes is cut off.
func commandLine(text []byte) string {
	line := string(text)
	if len(line) > maxCommand {
		line = line[:maxCommand]
		// A character of which the end was cut off is not the process's mistake.
		for back := 1; back < utf8.UTFMax; back++ {
			if tail := line[len(line)-back:]; utf8.RuneStart(tail[0]) {
				if !utf8.FullRuneInString(tail) {
					line = line[:len(line)-back]
				}
				break
			}
		}
	}
	return clean(strings.TrimSpace(strings.ReplaceAll(line, "\x00", " ")))
}

// clean makes valid UTF-8 of what need not be any.
func clean(text string) string {
	return strings.ToValidUTF8(text, string(utf8.RuneError))
}
