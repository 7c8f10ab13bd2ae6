package containerd

import (
	"context"
	"fmt"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// version is a version of containerd.
type version struct{ major, minor, patch int }

// before tells whether a version comes before another.
func (v version) before(major, minor, patch int) bool {
	if v.major != major {
		return v.major < major
	}
	if v.minor != minor {
		return v.minor < minor
	}
	return v.patch < patch
}

// oneSection tells whether of all files that have CRI's section the last one
// counts and no other (containerd services/server/config/config.go, mergeConfig).
func (v version) oneSection() bool { return v.before(2, 0, 0) }

// losesVersion1 tells whether CRI's settings are lost that are in a file of
// version 1 (containerd cmd/containerd/server/config/config.go,
// LoadConfigWithPlugins).
func (v version) losesVersion1() bool { return !v.before(2, 0, 0) && v.before(2, 3, 0) }

// takesRuntimePath tells whether runtime_path of a handler is heeded (containerd
// container.go, NewTask).
func (v version) takesRuntimePath() bool { return !v.before(1, 6, 21) }

// newFile is the version of the file for a host that has none. It is not the
// latest that is read, so that containerd may also be downgraded within 2.x.
func (v version) newFile() int64 {
	if v.before(2, 0, 0) {
		return 2
	}
	return 3
}

// String is the version as people write it.
func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

// versionOf asks a containerd what it is.
func versionOf(ctx context.Context, host *install.Host, program string) (version, error) {
	out, err := host.Output(ctx, program, "--version")
	if err != nil {
		return version{}, err
	}
	return parseVersion(string(out))
}

// parseVersion reads "containerd github.com/containerd/containerd 1.6.20~ds1
// 1.6.20~ds1-1+deb12u3". Whoever packages it says something else before the
// number, and a "v" or not.
func parseVersion(text string) (version, error) {
	for word := range strings.FieldsSeq(text) {
		var v version
		if n, _ := fmt.Sscanf(strings.TrimPrefix(word, "v"), "%d.%d.%d", &v.major, &v.minor, &v.patch); n == 3 {
			return v, nil
		}
	}
	return version{}, fmt.Errorf("containerd does not tell its version: %q", text)
}
