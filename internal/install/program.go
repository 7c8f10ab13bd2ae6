package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// searchPath is where engines' programs are looked for, since that is where
	// their services look: the caller's $PATH is not the host's, and under sudo
	// not even his own.
	searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	// patience is how long a program may take that prints or checks a
	// configuration.
	patience = 30 * time.Second
	// maxOutput bounds what is kept of a program's output.
	maxOutput = 1 << 20
)

// LookPath finds a program in the directories in which the host's services
// look for one. It is empty if there is none.
func (h *Host) LookPath(name string) string {
	return h.lookPath(name, func(string) bool { return true })
}

func (h *Host) lookPath(name string, wanted func(path string) bool) string {
	for dir := range strings.SplitSeq(searchPath, ":") {
		path := filepath.Join(dir, name)
		info, err := h.stat(path)
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 && wanted(path) {
			return path
		}
	}
	return ""
}

// Output runs a program of the host with the host's root directory as its own,
// and returns its standard output. It gets no input and half a minute. The
// error has the last line that it wrote to standard error.
func (h *Host) Output(ctx context.Context, path string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := exec.CommandContext(ctx, path, args...)
	if h.prefix != "/" {
		command.SysProcAttr = &syscall.SysProcAttr{Chroot: h.prefix}
	}
	command.Dir = "/"
	command.Env = append(os.Environ(), "PATH="+searchPath, "LC_ALL=C")
	var stdout, stderr limited
	command.Stdout, command.Stderr = &stdout, &stderr
	command.WaitDelay = time.Second
	err := command.Run()
	if err == nil && stdout.cut {
		err = fmt.Errorf("more than %d bytes of output", maxOutput)
	}
	if err == nil {
		return stdout.kept.Bytes(), nil
	}
	called := strings.Join(append([]string{path}, args...), " ")
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: no answer in time: %w", called, ctx.Err())
	}
	var exit *exec.ExitError
	if said := lastLine(stderr.kept.String()); errors.As(err, &exit) && said != "" {
		return nil, fmt.Errorf("%s: %w: %s", called, err, said)
	}
	return nil, fmt.Errorf("%s: %w", called, err)
}

// limited keeps the beginning of what is written to it.
type limited struct {
	kept bytes.Buffer
	cut  bool
}

// Write never fails, so that the writer goes on.
func (l *limited) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-l.kept.Len())
	l.cut = l.cut || room < len(p)
	l.kept.Write(p[:room])
	return len(p), nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
