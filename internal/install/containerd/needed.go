package containerd

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/roots"
)

const (
	// bundles is where containerd keeps the bundles of what runs, below its
	// state directory, by namespace and id.
	bundles = "io.containerd.runtime.v2.task"
	// shimPathFile says in a bundle which shim containerd started, and is what it
	// executes to find out and to clear up after a restart (containerd
	// core/runtime/v2/shim_load.go). A container in a pod has none: its sandbox's
	// counts.
	shimPathFile = "shim-binary-path"
	// runtimeFile says in a bundle which OCI runtime the shim calls, if that was
	// configured (containerd cmd/containerd-shim-runc-v2/runc/container.go,
	// WriteRuntime).
	runtimeFile = "runtime"
	// kubernetesNamespace is the one of CRI.
	kubernetesNamespace = "k8s.io"
)

// StillNeeded returns the containers, as namespace/id, because of which the
// binaries have to stay where they are: containerd forgets or destroys what runs,
// at its next start, if the shim is gone that started it, and no shim can delete a
// container without the runtime that it was told to call. A pod's containers are
// named by their sandbox. Docker's containers are among them.
func StillNeeded(ctx context.Context, host *install.Host) ([]string, error) {
	needing, err := findNeeding(ctx, host, nil, nil)
	if err != nil {
		return nil, err
	}
	var calling []string
	err = eachBundle(ctx, host, nil, func(dir, name string) error {
		_, text, err := host.Read(path.Join(dir, runtimeFile))
		if err == nil && len(text) > 0 && host.IsOurs(strings.TrimSpace(string(text))) {
			calling = append(calling, name)
		}
		return err
	})
	all := append(names(needing), calling...)
	slices.Sort(all)
	return slices.Compact(all), err
}

// needing is a container that was started with our shim, or by a link of ours.
type needing struct {
	name string // namespace/id
	shim string // the path that containerd has of it, empty if it has none
}

// findNeeding looks into the state directories that are known here, and into
// others. Links of ours count wherever they lead by now.
func findNeeding(ctx context.Context, host *install.Host, states, links []string) ([]needing, error) {
	served := make(map[string]bool)
	if host.Prefix() == "/" {
		var err error
		if served, err = servedByOurs(); err != nil {
			return nil, err
		}
	}
	var found []needing
	err := eachBundle(ctx, host, states, func(dir, name string) error {
		_, text, err := host.Read(path.Join(dir, shimPathFile))
		if err != nil {
			return fmt.Errorf("which shim %s has: %w", name, err)
		}
		shim := strings.TrimSpace(string(text))
		if isShim(host, shim) || slices.Contains(links, shim) || text == nil && served[name] {
			found = append(found, needing{name, shim})
		}
		return nil
	})
	return found, err
}

// eachBundle calls f with the directory of each bundle, and what it is the bundle
// of, as namespace/id.
func eachBundle(ctx context.Context, host *install.Host, states []string, f func(dir, name string) error) error {
	for _, root := range bundleRoots(ctx, host, states) {
		namespaces, err := host.Names(root)
		if err != nil {
			return err
		}
		for _, namespace := range namespaces {
			ids, err := host.Names(path.Join(root, namespace))
			if err != nil {
				return err
			}
			for _, id := range ids {
				name := path.Join(namespace, id)
				if err := f(path.Join(root, name), name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func names(all []needing) []string {
	var names []string
	for _, n := range all {
		names = append(names, n.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// bundleRoots are the directories of bundles of all containerds, Docker's among
// them.
func bundleRoots(ctx context.Context, host *install.Host, states []string) []string {
	var dirs []string
	for _, state := range states {
		if filepath.IsAbs(state) {
			dirs = append(dirs, path.Join(state, bundles))
		}
	}
	searched := roots.Host{Prefix: host.Prefix(), UID: os.Geteuid()}
	find := roots.Find
	if host.Prefix() == "/" {
		searched.Prefix = ""
		find = func(h roots.Host) roots.Result { return roots.FindAll(ctx, h) }
	}
	for _, area := range find(searched).Areas() {
		if base, ok := strings.CutSuffix(area.Owner, "/*/*"); ok && path.Base(base) == bundles {
			dirs = append(dirs, path.Join(area.Root, base))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// servedByOurs are the containers, as namespace/id, that a running shim of ours
// was started for.
func servedByOurs() (map[string]bool, error) {
	names, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	served := make(map[string]bool)
	for _, entry := range names {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		exe, err := os.Readlink(procFile(pid, "exe"))
		if err != nil || filepath.Base(strings.TrimSuffix(exe, " (deleted)")) != shimName {
			continue
		}
		args := strings.Split(string(readProc(pid, "cmdline")), "\x00")
		served[engine.Flag(args, "-namespace", "--namespace")+"/"+engine.Flag(args, "-id", "--id")] = true
	}
	return served, nil
}
