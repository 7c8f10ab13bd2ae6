package sweep

import "os/exec"

// Launch starts a child process, and returns what waits for its end. A program
// that reaps all of its children needs one of its own.
type Launch func(*exec.Cmd) (wait func() error, err error)

func (r *Request) launch(cmd *exec.Cmd) (wait func() error, err error) {
	if r.Launch != nil {
		return r.Launch(cmd)
	}
	return cmd.Wait, cmd.Start()
}
