package docker

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/roots"
)

// users are the names of the containers that were created under one of some
// runtimes, and which dockerd therefore starts only as long as there is a
// runtime of that name (moby daemon/start_unix.go, getLibcontainerdCreateOptions).
// The name is noted also in a container that did not ask for one, at its
// creation.
func users(host *install.Host, dataRoot string, runtimes []string) ([]string, error) {
	var found []string
	for _, root := range dataRoots(host, dataRoot) {
		dir := path.Join(root, "containers")
		ids, err := host.Names(dir)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			runtime, name, err := container(host, path.Join(dir, id))
			if err != nil {
				return nil, err
			}
			if name == "" {
				name = id
			}
			if slices.Contains(runtimes, runtime) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	return found, nil
}

// container reads what dockerd notes of a container: the runtime and the name.
func container(host *install.Host, dir string) (runtime, name string, err error) {
	var config struct{ Runtime, Name string }
	// Entries that are no containers, and half removed ones, have no such file.
	for _, file := range []string{"hostconfig.json", "config.v2.json"} {
		path, text, err := host.Read(path.Join(dir, file))
		if err != nil {
			return "", "", err
		}
		if text == nil {
			continue
		}
		if err := json.Unmarshal(text, &config); err != nil {
			return "", "", fmt.Errorf("%s: %w", path, err)
		}
	}
	return config.Runtime, strings.TrimPrefix(config.Name, "/"), nil
}

// dataRoots are where dockerd may keep containers. One that it is not known to
// use costs a look; one that is missed costs a container.
func dataRoots(host *install.Host, configured string) []string {
	var dirs []string
	if path.IsAbs(configured) {
		dirs = append(dirs, configured)
	}
	prefix := host.Prefix()
	if prefix == "/" {
		prefix = ""
	}
	for _, root := range roots.Find(roots.Host{Prefix: prefix, UID: os.Geteuid()}).Roots {
		if root.Engine == roots.Docker && root.Kind == roots.DataRoot {
			dirs = append(dirs, root.Resolved)
		}
	}
	return dirs
}
