package spec

import "github.com/moby/sys/mountinfo"

// Runtime is the behaviour of the low-level runtime that will read the
// specification, as far as propagation goes.
type Runtime string

const (
	// RuntimeUnknown gets the specification that works everywhere.
	RuntimeUnknown Runtime = ""
	// RuntimeRunc makes the host's tree slave before it binds anything if
	// linux.rootfsPropagation is unset, and the mount that the container's
	// root is on private (libcontainer/rootfs_linux.go, prepareRoot).
	RuntimeRunc Runtime = "runc"
	// RuntimeCrun makes the host's tree private if linux.rootfsPropagation is
	// unset, and then a bind with rslave is private too (src/libcrun/linux.c,
	// libcrun_set_mounts).
	RuntimeCrun Runtime = "crun"
)

// Host is what the rules have to know of the machine.
type Host struct {
	// Areas are the mount areas of all engines.
	Areas []Area
	// Mounts is the mount table of the namespace in which the runtime starts.
	Mounts []*mountinfo.Info
	// Sources says which directory a bind source leads to: absolute, clean,
	// symbolic links resolved as the runtime will. The key is the source as
	// the specification has it. A source that is missing here (no directory,
	// or nothing at all) covers nothing.
	Sources map[string]string
	// Rootfs is the directory that root.path leads to, resolved like the
	// sources, "" if that is not known.
	Rootfs string
	// Runtime is the runtime that will read the specification.
	Runtime Runtime
	// KeepReadOnly leaves binds with the option ro as they are.
	KeepReadOnly bool
	// IgnoreAnnotations takes the choice of [AnnotationPropagation] away from
	// containers.
	IgnoreAnnotations bool
}

// AnnotationPropagation is the annotation with which a container keeps the
// propagation that its specification asks for, if its value is "keep".
const AnnotationPropagation = "unbusy.io/propagation"
