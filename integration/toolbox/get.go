package toolbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Get returns the directory that holds the programs of the named set, which it
// builds if they are not there yet. The build tags are in addition to those the
// family is always built with.
//
// It may be called from several processes at once: one builds and the others
// wait for it. What it returns is complete: a build that is cut short leaves
// nothing that another call would take for the tools. Building takes minutes,
// so it says on standard error what it does.
func Get(ctx context.Context, name string, tags ...string) (string, error) {
	s, err := find(ctx, name)
	if err != nil {
		return "", err
	}
	f, err := flagsFor(ctx, s.family, tags)
	if err != nil {
		return "", err
	}
	dir, err := place(ctx, s, f)
	if err != nil {
		return "", err
	}
	if exists(dir) {
		return dir, nil
	}
	release, err := lock(ctx, dir+".lock")
	if err != nil {
		return "", err
	}
	defer release()
	if exists(dir) {
		return dir, nil
	}
	return dir, build(ctx, s, f, dir)
}

// build makes the programs beside dir and renames them into place. The caller
// holds the lock, so an earlier attempt that is still there is a dead one's.
func build(ctx context.Context, s *set, f flags, dir string) error {
	attempt := dir + ".attempt"
	if err := os.RemoveAll(attempt); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(attempt) }() // the next attempt would
	if err := os.MkdirAll(attempt, 0o755); err != nil {
		return err
	}
	var programs []string
	for _, tool := range s.tools {
		programs = append(programs, binary(tool))
	}
	began := time.Now()
	fmt.Fprintf(os.Stderr, "building %s %s (%s)\n", s.family, s.version, strings.Join(programs, " "))

	args := slices.Concat([]string{"build"}, buildFlags, f.compile(),
		[]string{"-tags=" + strings.Join(f.tags, ","), "-o", attempt + "/"}, s.tools)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if f.cgo {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	// The compilers are the go command's children: ending it alone would leave
	// them running.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s %s: %w", s.family, s.version, err)
	}
	if err := buildCompanions(ctx, s, attempt); err != nil {
		return fmt.Errorf("build %s %s: %w", s.family, s.version, err)
	}
	for _, program := range programs {
		if _, err := os.Stat(filepath.Join(attempt, program)); err != nil {
			return fmt.Errorf("build %s %s: %w", s.family, s.version, err)
		}
	}
	if err := os.Rename(attempt, dir); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "built %s %s in %.0f s: %s\n", s.family, s.version, time.Since(began).Seconds(), dir)
	return nil
}

func exists(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}
