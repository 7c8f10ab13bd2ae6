package toolbox

import (
	"context"
	"errors"
	"os/exec"
	"slices"
)

// buildFlags are the same for all.
var buildFlags = []string{"-trimpath", "-ldflags=-s -w"}

// Quick is a tag for programs that only have to work once, as in the demo: they
// are compiled without inlining, which takes two thirds of the time. What is
// measured or compared must not be built with it.
const Quick = "unbusy_quick"

// flags are how the programs of a set are built.
type flags struct {
	cgo  bool
	tags []string
}

// compile are the arguments of go build that the tags ask for. There is no
// debugging information to generate where it is stripped.
func (f flags) compile() []string {
	if slices.Contains(f.tags, Quick) {
		return []string{"-gcflags=all=-dwarf=false -l"}
	}
	return nil
}

// flagsFor decides how to build a family.
//
// Everything is built without cgo, and so static, except runc, whose first
// steps are written in C. runc gets seccomp if the machine has the library's
// development files: containers that ask for no filter do not need it, those of
// Docker and podman do. Paths are trimmed as in this repository's own binaries:
// that way the standard library is compiled only once for both.
func flagsFor(ctx context.Context, family string, extra []string) (flags, error) {
	f := flags{tags: slices.Clone(extra)}
	if family == "runc" {
		f.cgo = true
		if _, err := exec.LookPath("gcc"); err != nil {
			return f, errors.New("runc is partly written in C: please install gcc")
		}
		if exec.CommandContext(ctx, "pkg-config", "--exists", "libseccomp").Run() == nil {
			f.tags = append(f.tags, "seccomp")
		}
	}
	if family == "crio" {
		// Signatures are checked in Go, where GnuPG's library would be linked.
		f.tags = append(f.tags, "containers_image_openpgp", "containers_image_ostree_stub", "exclude_graphdriver_btrfs")
	}
	slices.Sort(f.tags)
	f.tags = slices.Compact(f.tags)
	return f, nil
}
