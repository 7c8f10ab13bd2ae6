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
	net   *os.File      // network namespace, if it has one of its own
	ended chan struct{} // closed when it has
	spec  daemonSpec
}

// daemonSpec is how to start one.
type daemonSpec struct {
	name    string
	path    string
	args    []string
	dirs    []string // first in PATH
	network bool     // of its own
	socket  string   // answers when it is ready
	// mayStay says that it has been seen not to end when it was asked to, which is
	// its own affair.
	mayStay bool
}

// start starts a daemon and waits until it takes connections. The daemon ends
// with the test.
func (h *Host) start(s daemonSpec) *daemon {
	h.t.Helper()
	d := &daemon{h: h, name: s.name, log: filepath.Join(h.dir, s.name+".log")}
	h.t.Cleanup(func() {
		d.stop()
		if d.net != nil {
			d.net.Close()
		}
		if h.t.Failed() {
			h.t.Logf("log of %s:\n%s", s.name, d.tail())
		}
	})
	d.launch(s)
	return d
}

// launch is start for a daemon that may have been started before and has ended.
// It keeps its network.
// What the test does at its end with a daemon's help has to be done before the
// daemon is stopped, so that is for start to arrange once.
func (d *daemon) launch(s daemonSpec) {
	h := d.h
	h.t.Helper()
	d.spec = s
	log, err := os.OpenFile(d.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		h.t.Fatalf("start %s: %v", s.name, err)
	}
	defer log.Close()
	cmd, err := h.confined(context.Background(), s.network && d.net == nil, s.path, s.args...)
	if err != nil {
		h.t.Fatalf("start %s: %v", s.name, err)
	}
	cmd.Env = withPath(s.dirs)
	cmd.Stdout, cmd.Stderr = log, log
	if d.net == nil {
		err = cmd.Start()
	} else {
		err = startWithin(d.net, cmd)
	}
	if err != nil {
		h.t.Fatalf("start %s: %v", s.name, err)
	}
	ended := make(chan struct{})
	d.cmd, d.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // how it ended is in its log and in ProcessState
		close(ended)
	}()
	if s.network && d.net == nil {
		if d.net, err = networkOf(cmd.Process.Pid); err != nil {
			h.t.Fatalf("start %s: %v", s.name, err)
		}
	}
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
}

// stop asks the daemon to end and waits for it; one that does not is killed and
// the test has failed, unless that is known of it.
func (d *daemon) stop() {
	d.h.t.Helper()
	err := d.signalAndWait(unix.SIGTERM, patience/2)
	if err == nil {
		return
	}
	if d.spec.mayStay {
		d.h.t.Logf("stop %s: %v", d.name, err)
	} else {
		d.h.t.Errorf("stop %s: %v", d.name, err)
	}
	d.kill()
}

// kill ends the daemon as a crash would.
func (d *daemon) kill() {
	d.h.t.Helper()
	if err := d.signalAndWait(unix.SIGKILL, patience); err != nil {
		d.h.t.Errorf("kill %s: %v", d.name, err)
	}
}

func (d *daemon) signalAndWait(sig os.Signal, limit time.Duration) error {
	if d.cmd == nil {
		return nil // it never started
	}
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
