package shim

import (
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

// ended is a monitor whose processes have ended.
type ended struct{ runc.ProcessMonitor }

func (ended) Wait(*exec.Cmd, chan runc.Exit) (int, error) { return 7, nil }

func TestMonitor(t *testing.T) {
	m := watchDeletes(ended{})
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
