package host

import (
	"os"
	"path/filepath"
)

// runcType is the runtime of containerd's own shim for runc, and stockShim the
// name of the program that containerd looks for in its PATH for it.
const (
	runcType  = "io.containerd.runc.v2"
	stockShim = "containerd-shim-runc-v2"
)

// runtimeHandler is a name under which containers can be run, and by what. The
// template of containerd's configuration has one section for each.
type runtimeHandler struct {
	Name          string
	Binary        string // that the shim calls
	Shim          string // path of the shim, empty for the one in PATH
	ShimCgroup    string
	SystemdCgroup bool

	Type string // of the runtime, or the shim's path
}

// Options tells whether the shim gets any from CRI. It would not understand
// those that go with another type of runtime.
func (r runtimeHandler) Options() bool { return r.Type == runcType }

// HandlerOption changes how containers run under a name given by Runtime.
type HandlerOption func(*runtimeHandler)

// Runtime lets containers run under a binary in place of runc, by the unchanged
// shim that would call runc unless an option says otherwise. The first one given
// is what containers run under that ask for nothing else; runc is always there
// under its own name. An empty binary is runc.
func Runtime(name, binary string, opts ...HandlerOption) ContainerdOption {
	handler := runtimeHandler{Name: name, Binary: binary}
	for _, opt := range opts {
		opt(&handler)
	}
	return func(o *containerdOptions) { o.handlers = append(o.handlers, handler) }
}

// Shim puts a program in the place of containerd's own shim for runc. For pods it
// is the handler's runtime_path. The shim of the first handler that has one is
// also what clients get that name the runtime io.containerd.runc.v2 and nothing
// else, ctr among them: a link to it is first in containerd's PATH. Handlers
// without a shim keep containerd's own.
func Shim(path string) HandlerOption {
	return func(r *runtimeHandler) { r.Shim = path }
}

// ShimCgroup is the cgroup that the shims of pods are moved to; see
// Host.MakeCgroup. What ctr runs is not moved: it has no such option.
func ShimCgroup(path string) HandlerOption {
	return func(r *runtimeHandler) { r.ShimCgroup = path }
}

// SystemdCgroup lets the runtime of pods ask systemd for cgroups, which then have
// to be slices.
func SystemdCgroup() HandlerOption {
	return func(r *runtimeHandler) { r.SystemdCgroup = true }
}

// settleHandlers completes what the handlers say, and returns the path of the
// shim that containerd finds in its PATH, and the directories that have to be
// first there. The programs of containerd are in bin.
func (h *Host) settleHandlers(version string, handlers []runtimeHandler, runc, bin string) (inPath string, dirs []string) {
	h.t.Helper()
	stock := filepath.Join(bin, stockShim)
	inPath, dirs = stock, []string{filepath.Dir(runc), bin}
	for _, r := range handlers {
		if r.Shim != "" {
			inPath = r.Shim
			dirs = append([]string{h.linkShim(r.Shim)}, dirs...)
			break
		}
	}
	for i := range handlers {
		r := &handlers[i]
		r.Type = runcType
		if r.Binary == "" {
			r.Binary = runc
		}
		if r.Shim == "" && inPath != stock {
			r.Shim = stock
		}
		// Up to 1.6.20 containerd takes no notice of runtime_path (containerd
		// container.go, NewTask). A path as the type does it there, without
		// options.
		if version == distribution && r.Shim != "" && r.Shim != inPath {
			if r.Binary != runc || r.ShimCgroup != "" || r.SystemdCgroup {
				h.t.Fatalf("containerd %s can give options only to the first handler with a shim: %s is another", version, r.Name)
			}
			r.Type = r.Shim
		}
	}
	return inPath, dirs
}

// linkShim makes a directory in which a program is found by the name of
// containerd's own shim for runc.
func (h *Host) linkShim(path string) string {
	h.t.Helper()
	if !filepath.IsAbs(path) {
		h.t.Fatalf("the shim %s would not be found by a link to it", path)
	}
	dir := h.Dir("containerd", "shim")
	if err := os.Symlink(path, filepath.Join(dir, stockShim)); err != nil {
		h.t.Fatalf("put a shim into containerd's PATH: %v", err)
	}
	return dir
}

// runtimeArgs are the options of ctr run by which a container runs under a
// handler. ctr passes the name of a binary on only with the runtime's type, not
// with a path (containerd cmd/ctr/commands/run/run_unix.go).
func (c *Containerd) runtimeArgs(name string) []string {
	c.h.t.Helper()
	for _, r := range c.config.Runtimes {
		switch {
		case r.Name != name:
		case r.Shim == "" || r.Shim == c.shimInPath:
			return []string{"--runc-binary", r.Binary}
		case r.Binary == c.runc:
			return []string{"--runtime", r.Shim} // and runc is first in PATH
		default:
			c.h.t.Fatalf("ctr can name a binary only to the shim of the first handler that has one: %s has another", name)
		}
	}
	c.h.t.Fatalf("containerd was given no runtime %q", name)
	return nil
}
