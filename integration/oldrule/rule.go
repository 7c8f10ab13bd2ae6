package oldrule

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Rule is in force for the commands that are started under it.
type Rule struct {
	// socket is where the commands find it.
	socket *net.UnixListener
	// control is the file of the switch, "" if there is none.
	control string
	// pids lists the processes whose mount tables count.
	pids func() ([]int, error)
	// failed is told what keeps the rule from being in force.
	failed func(error)
	closed atomic.Bool
}

// Listen makes a rule that commands find at the path of a socket. Where a file
// holds "1", as fs.may_detach_mounts would, it is off. pids lists the processes
// in whose mount namespaces a mountpoint can be: all that the test has started.
// What keeps the rule from being in force later is told to failed.
func Listen(socket, control string, pids func() ([]int, error), failed func(error)) (*Rule, error) {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, err
	}
	r := &Rule{socket: listener, control: control, pids: pids, failed: failed}
	go r.accept()
	return r, nil
}

// Close ends the rule for commands that are yet to be started. Those that run
// have to be ended by whoever started them.
func (r *Rule) Close() error {
	r.closed.Store(true)
	return r.socket.Close()
}

// report tells of a failure, as long as there is somebody to be told.
func (r *Rule) report(err error) {
	if !r.closed.Load() {
		r.failed(err)
	}
}

func (r *Rule) accept() {
	for {
		conn, err := r.socket.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			err = r.welcome(conn)
		}
		if err != nil {
			r.report(fmt.Errorf("take calls over: %w", err))
		}
	}
}

// welcome takes over the calls of a command.
func (r *Rule) welcome(conn *net.UnixConn) error {
	defer conn.Close()
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil {
		return err
	}
	if len(messages) != 1 {
		return errors.New("no descriptor came")
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return err
	}
	go r.serve(fds[0])
	_, err = conn.Write([]byte{0})
	return err
}

// serve answers calls until all of the processes that make them have ended.
func (r *Rule) serve(fd int) {
	calls := os.NewFile(uintptr(fd), "calls")
	defer calls.Close()
	// The descriptor's number may be another file's once it is closed.
	var answers sync.WaitGroup
	defer answers.Wait()
	for {
		call, err := receive(fd)
		switch {
		case errors.Is(err, errNobody):
			return
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOENT):
			continue // whoever called was killed
		case err != nil:
			r.report(fmt.Errorf("receive a call: %w", err))
			return
		}
		answers.Go(func() {
			if err := reply(fd, call, r.refuses(call)); err != nil && !errors.Is(err, unix.ENOENT) {
				r.report(fmt.Errorf("answer a call: %w", err))
			}
		})
	}
}

// refuses tells whether the old kernel would answer EBUSY. What cannot be looked
// at is left to this one.
func (r *Rule) refuses(call *notification) bool {
	if r.control != "" {
		if value, err := os.ReadFile(r.control); err == nil && bytes.Equal(bytes.TrimSpace(value), []byte("1")) {
			return false
		}
	}
	pids, err := r.pids()
	if err != nil {
		r.report(fmt.Errorf("list processes: %w", err))
		return false
	}
	// The caller may be in a chroot, from which little is seen.
	all := processes{fmt.Sprintf("/proc/%d", call.pid), "/proc/self"}
	for _, pid := range pids {
		all = append(all, fmt.Sprintf("/proc/%d", pid))
	}
	for _, n := range names(call) {
		at, err := n.resolve(call.pid, all)
		if err == nil && at.isMountpointAnywhere(all) {
			return true
		}
	}
	return false
}

// Under is how a command is called so that the rule is in force for it. program
// is this program's file under the name [Program].
func (r *Rule) Under(program string, command ...string) []string {
	return append([]string{program, r.socket.Addr().String()}, command...)
}

// Link makes this program known under the name [Program] in a directory, and
// returns its path there.
func Link(dir string) (string, error) {
	path := filepath.Join(dir, Program)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, self, 0o755)
}
