// Package doctor tests unbusy doctor on machines with systemd as their first
// process: each finding on one that has it, and on the same one without.
package doctor

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m)) }

// machine is one that unbusy is installed on.
type machine struct {
	*host.Machine
	t *testing.T
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{host.New(t).Machine(), t}
	for _, program := range []string{"unbusy", "unbusy-runtime"} {
		m.program("/usr/bin/"+program, filepath.Join(os.Getenv("UNBUSY_BIN"), program))
	}
	return m
}

// program copies a program to the machine.
func (m *machine) program(path, from string) {
	m.t.Helper()
	binary, err := os.ReadFile(from)
	if err != nil {
		m.t.Fatalf("UNBUSY_BIN must name the directory that make build fills: %v", err)
	}
	m.Write(path, string(binary))
	if err := os.Chmod(m.Path(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// finding is one as others read it.
type finding struct{ ID, Severity, Evidence, Fix string }

// doctor is what unbusy doctor prints, and its status.
func (m *machine) doctor(args ...string) (stdout string, status int) {
	m.t.Helper()
	stdout, err := m.Try(append([]string{"unbusy", "doctor"}, args...)...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	if exit != nil {
		status = exit.ExitCode()
	}
	if status > 1 {
		m.t.Fatalf("doctor: %v", err)
	}
	return stdout, status
}

// findings are those with an id.
func (m *machine) findings(id string) []finding {
	m.t.Helper()
	text, status := m.doctor("--json")
	var report struct{ Findings []finding }
	if err := json.Unmarshal([]byte(text), &report); err != nil || (len(report.Findings) > 0) != (status == 1) {
		m.t.Fatalf("doctor: status %d, %v: %s", status, err, text)
	}
	var found []finding
	for _, f := range report.Findings {
		if f.ID == id {
			found = append(found, f)
		}
	}
	return found
}

// requireNo fails if there are findings with an id.
func (m *machine) requireNo(id string) {
	m.t.Helper()
	if found := m.findings(id); len(found) != 0 {
		m.t.Errorf("there should be no %s: %+v", id, found)
	}
}

// requireOne fails unless there is one finding with an id, with these words in its
// evidence or its fix.
func (m *machine) requireOne(id, severity string, words ...string) {
	m.t.Helper()
	found := m.findings(id)
	if len(found) != 1 {
		m.t.Fatalf("want one %s, got %+v", id, found)
	}
	if found[0].Severity != severity {
		m.t.Errorf("%+v", found[0])
	}
	for _, w := range words {
		if !strings.Contains(found[0].Evidence+"\n"+found[0].Fix, w) {
			m.t.Errorf("%+v does not say %q", found[0], w)
		}
	}
}

// sh runs a shell command.
func (m *machine) sh(command string) string {
	m.t.Helper()
	return m.Run("sh", "-ec", command)
}

// bindNamespace binds to a file, on a private mount, a mount namespace in which no
// process lives. The kernel refuses one with a lower number than the caller's
// (mnt_ns_loop in fs/namespace.c), and since Linux 6.18 each processor has a stock
// of numbers of its own: one of them has higher ones.
func (m *machine) bindNamespace(file, propagation string) {
	m.t.Helper()
	dir := filepath.Dir(file)
	m.sh("mkdir " + dir + "; mount --bind --make-private " + dir + " " + dir + "; touch " + file)
	m.sh(`for cpu in $(seq 0 $(($(nproc) - 1))); do
		taskset --cpu-list $cpu unshare --mount=` + file + ` --propagation ` + propagation + ` true && exit
	done
	exit 1`)
}
