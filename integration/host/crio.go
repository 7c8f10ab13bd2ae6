package host

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"

	"github.com/unbusy/unbusy/integration/toolbox"
)

// CRIOTools are the tool sets that Main has to build for CRI-O, and for what it
// runs. The first takes minutes to build.
var CRIOTools = []string{crioSet, "runc-1.5"}

const (
	crioSet = "crio-1.34"
	// crioRunRoot is what it is on every host, and below it and /run nothing of
	// the machine's is in a box.
	crioRunRoot = "/run/containers/storage"
)

// CRIO is a running CRI-O with directories of its own, except for what it has
// below /run, which is the box's. Its monitor of containers is Debian's
// conmon.
type CRIO struct {
	h      *Host
	d      *daemon
	spec   daemonSpec
	config crioConfig
}

// crioConfig is what the template of CRI-O's configuration is filled in with.
type crioConfig struct {
	Dir             string // of what CRI-O keeps
	Root, RunRoot   string // of containers/storage
	Socket          string
	Conmon, Pinns   string
	Runc, PathDir   string
	Image, Pause    string // of containers, and of pods' infra containers
	CNI, CNIPlugins string // directories
	Hooks           string // directory
	Infra           bool   // containers of pods that need none

	dropIns map[string]string // texts by file names
}

//go:embed crio.toml.tmpl
var crioTOML string

// CRIOOption changes how a CRIO is set up.
type CRIOOption func(*crioConfig)

// CRIODropIn adds a file to the directory that is crio.conf.d on a host.
func CRIODropIn(name, text string) CRIOOption {
	return func(c *crioConfig) { c.dropIns[name] = text }
}

// CRIOHooks is the directory that CRI-O takes hooks from.
func CRIOHooks(dir string) CRIOOption {
	return func(c *crioConfig) { c.Hooks = dir }
}

// CRIOInfra has an infra container in every pod. Without it there is one only
// where the containers of a pod share their process namespace, as is the default.
func CRIOInfra() CRIOOption {
	return func(c *crioConfig) { c.Infra = true }
}

// CRIOBuilt tells whether tests may use CRI-O: it takes minutes to build, so they
// do without unless it has been built or MATRIX=full asks for everything.
func CRIOBuilt() (bool, error) {
	if os.Getenv("MATRIX") == "full" {
		return true, nil
	}
	return toolbox.Built(context.Background(), crioSet)
}

// CRIO starts CRI-O. Pods that ask for nothing else run under the handler runc,
// unless a drop-in has another default.
func (h *Host) CRIO(opts ...CRIOOption) *CRIO {
	h.t.Helper()
	c := h.newCRIO(opts...)
	c.d = h.start(c.spec)
	return c
}

// TryCRIO is CRIO for a configuration that CRI-O does not start with: it returns
// what CRI-O wrote before it ended.
func (h *Host) TryCRIO(opts ...CRIOOption) (string, error) {
	h.t.Helper()
	c := h.newCRIO(opts...)
	return h.Exec(c.spec.dirs, c.spec.path, c.spec.args...)
}

// newCRIO prepares the directories of a CRI-O.
func (h *Host) newCRIO(opts ...CRIOOption) *CRIO {
	h.t.Helper()
	bin, runc := h.tools(crioSet), filepath.Join(h.tools("runc-1.5"), "runc")
	// podman fills the storage with the image, since nothing of CRI-O's reads an
	// archive.
	storage := h.Podman()
	dir := h.Dir("crio")
	c := &CRIO{h: h, config: crioConfig{
		Dir: dir, Root: storage.GraphRoot(), RunRoot: crioRunRoot, Socket: filepath.Join(dir, "sock"),
		Conmon: h.Debian("conmon", "conmon"), Pinns: filepath.Join(bin, "pinns"),
		Runc: h.WithoutOOMScore(runc), PathDir: filepath.Dir(runc), Image: storage.Image(),
		CNI: h.Dir("crio", "cni"), CNIPlugins: "/usr/lib/cni", Hooks: h.Dir("crio", "hooks.d"),
		dropIns: map[string]string{},
	}}
	c.config.Pause = h.pauseImage(storage)
	h.t.Cleanup(func() {
		if err := errors.Join(unmountBelow(crioRunRoot), os.RemoveAll(crioRunRoot)); err != nil {
			h.t.Errorf("clean up after crio: %v", err)
		}
	})
	for _, opt := range opts {
		opt(&c.config)
	}
	h.writeNetwork(c.config.CNI, c.config.CNIPlugins)
	h.writeTemplate(filepath.Join(dir, "crio.conf"), crioTOML, c.config)
	// Images come from this machine and have no signatures.
	if err := os.WriteFile(filepath.Join(dir, "policy.json"), []byte(`{"default": [{"type": "insecureAcceptAnything"}]}`), 0o644); err != nil {
		h.t.Fatalf("configure crio: %v", err)
	}
	for name, text := range c.config.dropIns {
		c.DropIn(name, text)
	}
	c.spec = daemonSpec{
		name: "crio", path: filepath.Join(bin, "crio"),
		args:    []string{"--config", filepath.Join(dir, "crio.conf"), "--config-dir", h.Dir("crio", "crio.conf.d")},
		dirs:    []string{filepath.Dir(runc)},
		network: true, socket: c.config.Socket,
		// Once in some hundred runs, after all pods were removed: nothing is in its log
		// of the signal.
		mayStay: true,
	}
	return c
}

// Host is the host that it runs on.
func (c *CRIO) Host() *Host { return c.h }

// Socket is where CRI-O listens.
func (c *CRIO) Socket() string { return c.config.Socket }

// Image is the name of the image that is in its storage.
func (c *CRIO) Image() string { return c.config.Image }

// Root is where containers' layers are mounted, and RunRoot where their shm is.
func (c *CRIO) Root() string { return c.config.Root }

// RunRoot is where CRI-O keeps what a reboot ends.
func (c *CRIO) RunRoot() string { return c.config.RunRoot }

// Kill ends CRI-O as a crash would; its monitors and containers go on.
func (c *CRIO) Kill() {
	c.h.t.Helper()
	c.d.kill()
}

// Restart starts CRI-O again after Kill, on the same directories.
func (c *CRIO) Restart() {
	c.h.t.Helper()
	c.d.launch(c.spec)
}

// DropIn adds a file to the directory that is crio.conf.d on a host, for the next
// start. Without a text it is taken away.
func (c *CRIO) DropIn(name, text string) {
	c.h.t.Helper()
	path := filepath.Join(c.h.Dir("crio", "crio.conf.d"), name)
	err := os.WriteFile(path, []byte(text), 0o644)
	if err == nil && text == "" {
		err = os.Remove(path)
	}
	if err != nil {
		c.h.t.Fatalf("configure crio: %v", err)
	}
}
