package engines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/statefile"
)

// podmanConfig is what matters here of containers.conf.
type podmanConfig struct {
	runtime  string
	runtimes map[string][]string
	hooks    []string // directories
}

// podmanFiles are where root's podman looks, the most important last (containers/
// common pkg/config/config.go). A file that the environment names takes the place
// of all.
func podmanFiles(root string) []string {
	if path := os.Getenv("CONTAINERS_CONF"); filepath.IsAbs(path) && root == "" {
		return []string{path}
	}
	files := []string{"/usr/share/containers/containers.conf"}
	files = append(files, glob(root, "/usr/share/containers/containers.conf.d/*.conf")...)
	files = append(files, "/etc/containers/containers.conf")
	return append(files, glob(root, "/etc/containers/containers.conf.d/*.conf")...)
}

func readPodman(root string) (podmanConfig, error) {
	c := podmanConfig{runtimes: make(map[string][]string), hooks: []string{defaultHooks, overrideHooks}}
	var errs []error
	for _, file := range podmanFiles(root) {
		text, err := readConfig(root, file)
		if err == nil {
			err = c.add(file, text)
		}
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

func (c *podmanConfig) add(file string, text []byte) error {
	var content struct {
		Engine struct {
			Runtime  string              `toml:"runtime"`
			Runtimes map[string][]string `toml:"runtimes"`
			HooksDir []string            `toml:"hooks_dir"`
		} `toml:"engine"`
	}
	if err := toml.Unmarshal(text, &content); err != nil {
		return config.At(file, err)
	}
	replace(&c.runtime, content.Engine.Runtime)
	for name, paths := range content.Engine.Runtimes {
		c.runtimes[name] = paths
	}
	if content.Engine.HooksDir != nil {
		c.hooks = absolute(content.Engine.HooksDir)
	}
	return nil
}

// program is what containers run under: the first of a runtime's paths that is
// there. passed are those before it, which are not.
func (c podmanConfig) program() (path string, passed []string) {
	paths := c.runtimes[c.runtime]
	if filepath.IsAbs(c.runtime) {
		paths = []string{c.runtime}
	}
	if i := slices.IndexFunc(paths, func(path string) bool { return unusable(path) == "" }); i >= 0 {
		return paths[i], paths[:i]
	}
	if len(paths) > 0 {
		return paths[0], nil
	}
	return c.runtime, nil
}

// examinePodman looks at what root's podman runs containers under. There is no
// daemon: if it has no containers, it is not used.
func examinePodman(_ context.Context, h *doctor.Host) (doctor.Result, error) {
	containers := podmanContainers(h.Roots())
	if unusable(find("podman", systemPath)) != "" || containers == 0 {
		return doctor.Result{Summary: "not used by root"}, nil
	}
	c, err := readPodman("")
	hooks, errs := readHooks("", c.hooks...)
	result := doctor.Result{Findings: c.judge(hooks, containers)}
	result.Summary = fmt.Sprintf("unbusy takes part in the start of every container, there %s %s",
		plural(containers, "is", "are"), count(containers, "container"))
	return result, errors.Join(append(errs, err)...)
}

// judge says whether unbusy takes part, as a runtime or by hooks.
func (c podmanConfig) judge(hooks []ociHook, containers int) []doctor.Finding {
	var found []doctor.Finding
	program, passed := c.program()
	protected := leadsTo(program, wrapper)
	if why := unusable(program); protected && why != "" {
		found = append(found, missingProgram("runtime "+c.runtime+" of podman in containers.conf", program, why))
	}
	for _, other := range passed {
		if leadsTo(other, wrapper) && !protected {
			return []doctor.Finding{{
				ID: missing, Severity: doctor.AtRisk,
				Evidence: fmt.Sprintf("runtime %s of podman names %s, which %s: containers run under %s, without unbusy",
					c.runtime, other, unusable(other), program),
				Fix: "install the unbusy package again, or unbusy uninstall podman",
			}}
		}
	}
	for _, hook := range hooks {
		if !leadsTo(hook.path, ourHook) {
			continue
		}
		protected = protected || hook.precreates()
		if why := unusable(hook.path); why != "" {
			found = append(found, missingProgram(hook.file, hook.path, why))
		}
	}
	if protected {
		return found
	}
	runtime := "its own default runtime"
	if c.runtime != "" {
		runtime = c.runtime
	}
	return append(found, doctor.Finding{
		ID: notProtected, Severity: doctor.AtRisk,
		Evidence: fmt.Sprintf("podman has %s and runs them under %s, without unbusy", count(containers, "container"), runtime),
		Fix:      "unbusy install podman --set-as-default",
	})
}

// podmanContainers counts the containers of root's podman. Its storage may have
// CRI-O's, too; a directory of its own is there if podman has used it.
func podmanContainers(all []roots.Root) int {
	n := 0
	for _, root := range all {
		if root.Engine != roots.Podman && root.Engine != roots.CRIO {
			continue
		}
		if info, err := os.Stat(filepath.Join(root.Resolved, "libpod")); err != nil || !info.IsDir() {
			continue
		}
		for _, driver := range statefile.Names(root.Resolved) {
			var list []struct {
				ID string `json:"id"`
			}
			if strings.HasSuffix(driver, "-containers") && statefile.JSON(filepath.Join(root.Resolved, driver, "containers.json"), &list) {
				n += len(list)
			}
		}
	}
	return n
}
