package sweep

import "os/exec"

// Launch starts a child process, and returns what waits for its end. A program
// that reaps all of its children needs one of its own.
type Launch func(*exec.Cmd) (wait func() error, err error)

func (l Launch) start(cmd *exec.Cmd) (wait func() error, err error) {
	if l != nil {
		return l(cmd)
	}
	return cmd.Wait, cmd.Start()
}
