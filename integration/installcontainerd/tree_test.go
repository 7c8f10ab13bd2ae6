package installcontainerd

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/containerd"
)

const (
	configFile = "/etc/containerd/config.toml"
	shimFile   = "/usr/bin/containerd-shim-unbusy-v2"
	stockFile  = "/usr/bin/containerd-shim-runc-v2"
	linkFile   = "/usr/local/bin/containerd-shim-runc-v2"
)

// tree is a host's file tree with a containerd in it, which does not run.
type tree struct {
	t    *testing.T
	host *install.Host
	dir  string
}

func newTree(t *testing.T, version string) *tree {
	t.Helper()
	h := host.New(t)
	s := &tree{t: t, dir: h.Dir("tree")}
	stock := h.StockShim(version)
	s.program("/usr/bin/containerd", filepath.Join(filepath.Dir(stock), "containerd"))
	s.write(stockFile, "")
	s.write(shimFile, "")
	var err error
	if s.host, err = install.OpenHost(s.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.host.Close() })
	return s
}

// program puts a program into the tree with the libraries that it is linked to.
func (s *tree) program(path, from string) {
	s.t.Helper()
	s.copy(path, from)
	// Those that are linked to none have an error.
	out, _ := exec.CommandContext(s.t.Context(), "ldd", from).Output()
	for word := range strings.FieldsSeq(string(out)) {
		if filepath.IsAbs(word) {
			s.copy(word, word)
		}
	}
}

func (s *tree) copy(path, from string) {
	s.t.Helper()
	in, err := os.Open(from)
	if err != nil {
		s.t.Fatal(err)
	}
	defer in.Close()
	s.write(path, "")
	out, err := os.OpenFile(s.dir+path, os.O_WRONLY, 0)
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *tree) write(path, text string) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(s.dir+path), 0o755)
	if err == nil {
		err = os.WriteFile(s.dir+path, []byte(text), 0o755)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// read is the content of a file, or where a link leads, "(none)" without one.
func (s *tree) read(path string) string {
	s.t.Helper()
	if target, err := os.Readlink(s.dir + path); err == nil {
		return target
	}
	text, err := os.ReadFile(s.dir + path)
	if os.IsNotExist(err) {
		return "(none)"
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// request is for the containerd of the tree.
func (s *tree) request(setAsDefault bool) install.Request {
	return install.Request{Engine: "containerd", Host: s.host, SetAsDefault: setAsDefault, Shim: shimFile}
}

// install installs, which has to work, and returns what the operator is told.
func (s *tree) install(setAsDefault bool) string {
	s.t.Helper()
	plan, err := install.Do(s.t.Context(), s.request(setAsDefault), containerd.Install)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(plan.Notes, "\n")
}

func (s *tree) uninstall() string {
	s.t.Helper()
	plan, err := install.Do(s.t.Context(), s.request(false), containerd.Uninstall)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(plan.Notes, "\n")
}

// containerd lets the tree's containerd print something.
func (s *tree) containerd(args ...string) string {
	s.t.Helper()
	out, err := s.host.Output(s.t.Context(), "/usr/bin/containerd", args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(out)
}

// clear removes all configuration files.
func (s *tree) clear() {
	s.t.Helper()
	if err := os.RemoveAll(s.dir + "/etc/containerd"); err != nil {
		s.t.Fatal(err)
	}
}
