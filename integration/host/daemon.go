package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// daemon is an engine's process.
type daemon struct {
	h     *Host
	name  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{} // closed when it has
}

// daemonSpec is how to start one.
type daemonSpec struct {
	name    string
	path    string
	args    []string
	dirs    []string // first in PATH
	network bool     // of its own
	socket  string   // answers when it is ready
}

// start starts a daemon and waits until it takes connections. The daemon ends
// with the test.
func (h *Host) start(s daemonSpec) *daemon {
	h.t.Helper()
	d := &daemon{h: h, name: s.name, log: filepath.Join(h.dir, s.name+".log"), ended: make(chan struct{})}
	log, err := os.OpenFile(d.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		h.t.Fatalf("start %s: %v", s.name, err)
	}
	defer log.Close()
	d.cmd, err = h.confined(context.Background(), s.network, s.path, s.args...)
	if err != nil {
		h.t.Fatalf("start %s: %v", s.name, err)
	}
	d.cmd.Env = withPath(s.dirs)
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		h.t.Fatalf("start %s: %v", s.name, err)
	}
	go func() {
		_ = d.cmd.Wait() // how it ended is in its log and in ProcessState
		close(d.ended)
	}()
	h.t.Cleanup(func() {
		d.stop()
		if h.t.Failed() {
			h.t.Logf("log of %s:\n%s", s.name, d.tail())
		}
	})
	err = until(patience, s.name+" to listen on "+s.socket, func() (bool, error) {
		select {
		case <-d.ended:
			h.t.Fatalf("%s ended: %s", s.name, d.cmd.ProcessState)
		default:
		}
		conn, err := net.DialTimeout("unix", s.socket, patience)
		if err == nil {
			conn.Close()
		}
		return err == nil, err
	})
	if err != nil {
		h.t.Fatalf("start %s: %v", s.name, err)
	}
	return d
}

// stop asks the daemon to end and waits for it; one that does not is killed and
// the test has failed.
func (d *daemon) stop() {
	d.h.t.Helper()
	if err := d.signalAndWait(unix.SIGTERM, patience/2); err != nil {
		d.h.t.Errorf("stop %s: %v", d.name, err)
		d.kill()
	}
}

// kill ends the daemon as a crash would.
func (d *daemon) kill() {
	d.h.t.Helper()
	if err := d.signalAndWait(unix.SIGKILL, patience); err != nil {
		d.h.t.Errorf("kill %s: %v", d.name, err)
	}
}

func (d *daemon) signalAndWait(sig os.Signal, limit time.Duration) error {
	if err := d.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-d.ended:
		return nil
	case <-time.After(limit):
		return fmt.Errorf("process %d has not ended %s after %s", d.cmd.Process.Pid, limit, sig)
	}
}

// tail is the end of the daemon's log.
func (d *daemon) tail() []byte {
	const lines = 60
	content, err := os.ReadFile(d.log)
	if err != nil {
		return []byte(err.Error())
	}
	all := bytes.Split(content, []byte("\n"))
	return bytes.Join(all[max(0, len(all)-lines):], []byte("\n"))
}
