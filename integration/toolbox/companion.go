package toolbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// companion is a program in C that a module holds beside its programs in Go,
// which do not run without it.
type companion struct {
	name   string // of the program
	module string // that has the source
	source string // directory in the module
}

// companions are those of each family. CRI-O has namespaces pinned by one
// (cri-o pinns/Makefile).
var companions = map[string][]companion{
	"crio": {{"pinns", "github.com/cri-o/cri-o", "pinns/src"}},
}

// buildCompanions builds the companions of a set into dir. They are static, as
// what is built of Go.
func buildCompanions(ctx context.Context, s *set, dir string) error {
	for _, c := range companions[s.family] {
		if err := c.build(ctx, s, dir); err != nil {
			return fmt.Errorf("build %s: %w", c.name, err)
		}
	}
	return nil
}

func (c companion) build(ctx context.Context, s *set, dir string) error {
	if _, err := exec.LookPath("gcc"); err != nil {
		return errors.New("it is written in C: please install gcc")
	}
	// The module is in the cache, as the set's programs have just been built.
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", c.module)
	list.Dir = s.dir
	list.Env = append(os.Environ(), "GOWORK=off")
	module, err := list.Output()
	if err != nil {
		return fmt.Errorf("find %s: %w", c.module, withStderr(err))
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), c.source, "*.c"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no C files in %s", c.module, c.source)
	}
	gcc := exec.CommandContext(ctx, "gcc", append([]string{"-std=c99", "-O2", "-s", "-static", "-o", filepath.Join(dir, c.name)}, files...)...)
	gcc.Stdout, gcc.Stderr = os.Stderr, os.Stderr
	gcc.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	gcc.Cancel = func() error { return syscall.Kill(-gcc.Process.Pid, syscall.SIGKILL) }
	return gcc.Run()
}
