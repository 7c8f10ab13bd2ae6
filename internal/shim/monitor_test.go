package shim

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/containerd/go-runc"
)

func TestDeletes(t *testing.T) {
	for line, want := range map[string]string{
		"runc --root /r --log l delete a": "a",
		"runc --root /r delete --force a": "a",
		"crun delete delete":              "delete",
		"runc state delete":               "",
		"runc --root delete state a":      "",
		"runc delete":                     "",
	} {
		id, ok := deletes(strings.Fields(line))
		if id != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", line, id, ok)
		}
	}
}

func TestCreates(t *testing.T) {
	for line, want := range map[string]string{
		"runc --root /r create --bundle /b --pid-file p a": "a",
		"crun create --bundle create create":               "create",
		"runc restore --bundle /b a":                       "",
		"runc --root create state a":                       "",
		"runc create --bundle /b":                          "",
		"runc delete a":                                    "",
	} {
		id, ok := creates(strings.Fields(line))
		if id != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", line, id, ok)
		}
	}
}

// TestMonitorOfCreation has a runtime that cannot be started, and then one that can.
func TestMonitorOfCreation(t *testing.T) {
	failed := errors.New("no such file")
	for _, start := range []func(*monitor, *exec.Cmd) (chan runc.Exit, error){
		(*monitor).Start, (*monitor).StartLocked,
	} {
		inner := &starting{err: failed}
		m := watch(inner)
		began, forget := m.creating("a")
		run := func(line string) {
			t.Helper()
			if _, err := start(m, &exec.Cmd{Args: strings.Fields(line)}); !errors.Is(err, inner.err) {
				t.Errorf("%s: %v", line, err)
			}
		}
		is := func(when string, want bool) {
			t.Helper()
			select {
			case <-began:
				if !want {
					t.Errorf("%s: a is being created", when)
				}
			default:
				if want {
					t.Errorf("%s: a is not being created", when)
				}
			}
		}
		run("runc create --bundle /b a")
		is("not started", false)
		inner.err = nil
		run("runc create --bundle /b b")
		run("runc delete a")
		is("others started", false)
		run("runc create --bundle /b a")
		is("started", true)
		forget()
		run("runc create --bundle /b a") // once more is no panic
	}
}

// starting is a monitor that starts nothing.
type starting struct {
	runc.ProcessMonitor
	err error
}

func (s *starting) Start(*exec.Cmd) (chan runc.Exit, error)       { return nil, s.err }
func (s *starting) StartLocked(*exec.Cmd) (chan runc.Exit, error) { return nil, s.err }

// ended is a monitor whose processes have ended.
type ended struct{ runc.ProcessMonitor }

func (ended) Wait(*exec.Cmd, chan runc.Exit) (int, error) { return 7, nil }

func TestMonitor(t *testing.T) {
	m := watch(ended{})
	deleted, forget := m.deleted("a")
	other, forgetOther := m.deleted("b")
	run := func(line string) {
		t.Helper()
		if status, err := m.Wait(&exec.Cmd{Args: strings.Fields(line)}, nil); status != 7 || err != nil {
			t.Errorf("%s: %d, %v", line, status, err)
		}
	}
	run("runc state a")
	select {
	case <-deleted:
		t.Error("a was not deleted")
	default:
	}
	run("runc delete a")
	<-deleted
	run("runc delete a") // once more is no panic
	select {
	case <-other:
		t.Error("b was not deleted")
	default:
	}
	forget()
	forgetOther()
	run("runc delete b")
	select {
	case <-other:
		t.Error("b was forgotten")
	default:
	}
}
