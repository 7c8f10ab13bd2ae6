package shim

import (
	"path/filepath"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/roots"
)

// tasks is the directory of containerd's state in which it keeps bundles, by
// namespace and id (containerd core/runtime/v2/bundle.go).
const tasks = "io.containerd.runtime.v2.task"

// rootsOf tells containerd's state directory by a bundle: a daemon that was given
// another one on its command line leaves no other trace before its first
// container is mounted.
func rootsOf(bundle string) []config.Root {
	dir := filepath.Dir(filepath.Dir(bundle))
	if filepath.Base(dir) != tasks {
		return nil
	}
	state := filepath.Dir(dir)
	if !filepath.IsAbs(state) || state == "/" {
		return nil
	}
	return []config.Root{{Engine: string(roots.Containerd), Path: state}}
}
