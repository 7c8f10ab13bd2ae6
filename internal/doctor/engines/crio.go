package engines

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/doctor"
)

const (
	defaultCRIOConfig  = "/etc/crio/crio.conf"
	defaultCRIODropIns = "/etc/crio/crio.conf.d"
)

// crioConfig is what matters here of CRI-O's configuration.
type crioConfig struct {
	files    []string
	fallback string // of pods that name no handler; empty is CRI-O's own choice
	handlers map[string]runtimeHandler
	hooks    []string // directories
}

// readCRIO reads a configuration below a root directory: a file, and then what is
// in a directory, in the order of names, each of which has the last word on what
// it says (cri-o pkg/config/config.go, UpdateFromPath).
func readCRIO(root, file, dir string) (crioConfig, error) {
	c := crioConfig{handlers: make(map[string]runtimeHandler), hooks: []string{defaultHooks}}
	var errs []error
	for _, path := range append([]string{file}, glob(root, filepath.Join(dir, "*"))...) {
		text, err := readConfig(root, path)
		if err == nil && text != nil {
			c.files = append(c.files, path)
			err = c.add(path, text)
		}
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

func (c *crioConfig) add(path string, text []byte) error {
	var content struct {
		CRIO struct {
			Runtime struct {
				DefaultRuntime string   `toml:"default_runtime"`
				HooksDir       []string `toml:"hooks_dir"`
				Runtimes       map[string]struct {
					Path string `toml:"runtime_path"`
					Type string `toml:"runtime_type"`
				} `toml:"runtimes"`
			} `toml:"runtime"`
		} `toml:"crio"`
	}
	if err := toml.Unmarshal(text, &content); err != nil {
		return config.At(path, err)
	}
	said := &content.CRIO.Runtime
	replace(&c.fallback, said.DefaultRuntime)
	if said.HooksDir != nil {
		c.hooks = absolute(said.HooksDir)
	}
	for name, r := range said.Runtimes {
		h := c.handlers[name]
		h.File = path
		replace(&h.Path, r.Path)
		replace(&h.Type, r.Type)
		c.handlers[name] = h
	}
	return nil
}

// examineCRIO looks at CRI-O, and at the usual configuration if none runs with
// that: it may be what keeps it from running.
func examineCRIO(_ context.Context, h *doctor.Host) (doctor.Result, error) {
	running, err := daemons(h, "crio")
	if err != nil {
		return doctor.Result{}, err
	}
	var (
		result doctor.Result
		lines  []string
		errs   []error
	)
	atRest := true
	for _, d := range running {
		c, err := d.crioConfig()
		atRest = atRest && !slices.ContainsFunc(c.files, func(file string) bool { return isUnder(file, filepath.Dir(defaultCRIOConfig)) })
		errs = append(errs, err)
		found, err := c.precreateHooks(d.root())
		errs = append(errs, err)
		result.Findings = append(append(result.Findings, c.judge(d)...), found...)
		lines = append(lines, "unbusy serves the default handler "+c.fallback)
	}
	if len(running) == 0 {
		lines = []string{"CRI-O does not run"}
	}
	result.Summary = strings.Join(lines, "; ")
	if !atRest {
		return result, errors.Join(errs...)
	}
	c, err := readCRIO("", defaultCRIOConfig, defaultCRIODropIns)
	errs = append(errs, err)
	if len(c.files) > 0 {
		found, err := c.precreateHooks("")
		result.Findings, errs = append(result.Findings, found...), append(errs, err)
	}
	return result, errors.Join(errs...)
}

// crioConfig reads the configuration of one that runs. Its command line overrides
// the files.
func (d daemon) crioConfig() (crioConfig, error) {
	file, dir := defaultCRIOConfig, defaultCRIODropIns
	if path := d.flag("--config", "-c"); filepath.IsAbs(path) {
		file = path
	}
	if path := d.flag("--config-dir", "-d"); filepath.IsAbs(path) {
		dir = path
	}
	c, err := readCRIO(d.root(), file, dir)
	replace(&c.fallback, d.flag("--default-runtime"))
	if hooks := d.flag("--hooks-dir"); hooks != "" {
		c.hooks = absolute(strings.Split(hooks, ","))
	}
	return c, err
}

// judge compares the handlers with each other.
func (c crioConfig) judge(d daemon) []doctor.Finding {
	who := fmt.Sprintf("CRI-O (pid %d)", d.pid)
	var found []doctor.Finding
	var ours []string
	for _, name := range slices.Sorted(maps.Keys(c.handlers)) {
		program := find(c.handlers[name].Path, d.path)
		if program == "" || !leadsTo(program, wrapper) {
			continue
		}
		ours = append(ours, name)
		if why := unusable(program); why != "" {
			found = append(found, missingProgram(fmt.Sprintf("handler %s of %s in %s", name, who, c.handlers[name].File), program, why))
		}
	}
	if !slices.Contains(ours, c.fallback) {
		fallback := "its own default runtime"
		if c.fallback != "" {
			fallback = "the handler " + c.fallback
		}
		evidence := fmt.Sprintf("%s runs containers under %s, without unbusy", who, fallback)
		if len(ours) > 0 {
			evidence += " unless they ask for " + strings.Join(ours, " or ")
		}
		if len(c.files) > 0 {
			evidence += " (" + some(c.files) + ")"
		}
		return append(found, doctor.Finding{ID: notProtected, Severity: doctor.AtRisk, Evidence: evidence, Fix: "unbusy install crio --set-as-default"})
	}
	for _, name := range slices.Sorted(maps.Keys(c.handlers)) {
		r := c.handlers[name]
		// These two are in the configuration that comes with CRI-O.
		if slices.Contains(ours, name) || name == "runc" || name == "crun" || r.Type != "" && r.Type != "oci" || !likeRunc(r.Path) {
			continue
		}
		found = append(found, doctor.Finding{
			ID: bypasses, Severity: doctor.AtRisk,
			Evidence: fmt.Sprintf("containers that ask %s for the handler %s run under %s, without unbusy (%s)", who, name, r.Path, r.File),
			Fix:      "give the handler a link to " + wrapper + " as its runtime_path, which wraps the runtime that the link is called",
		})
	}
	return found
}

// precreateHooks finds hooks of a stage that CRI-O takes for a mistake.
func (c crioConfig) precreateHooks(root string) ([]doctor.Finding, error) {
	hooks, errs := readHooks(root, c.hooks...)
	var found []doctor.Finding
	for _, hook := range hooks {
		if !hook.precreates() {
			continue
		}
		found = append(found, doctor.Finding{
			ID: precreate, Severity: doctor.Broken,
			Evidence: hook.file + ` has the stage "precreate", which CRI-O does not know: it does not start while it reads that directory`,
			Fix:      "move the file to a directory that podman alone reads, and name that in hooks_dir of containers.conf",
		})
	}
	return found, errors.Join(errs...)
}
