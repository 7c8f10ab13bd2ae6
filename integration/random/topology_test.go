package random

import (
	"fmt"
	"strings"
)

// Topology is everything about one try: how a container is mounted, what
// processes do to their mounts, and how unbusy is asked. It is made of the seed
// alone, so that a step can be left out and the others stay what they were.
type Topology struct {
	Seed uint64
	// TmpfsRoot gives the container a tmpfs for a root file system. Else it is an
	// overlay.
	TmpfsRoot bool
	// Home is what the engine does to the propagation of its data root before
	// anything else, empty for nothing.
	Home Propagation
	// Steps are what happens, in this order, before the sweep.
	Steps []Step
	// Late lets the engine unmount before the sweep, as containerd does. Docker
	// unmounts after it.
	Late bool
	// Proc searches /proc, as on kernels that do not walk namespaces.
	Proc bool
	// Leaf and Host are those of a sweep that somebody asks for.
	Leaf, Host bool
}

// Step is something that a process does to its mounts. Where it is impossible it
// is nothing.
type Step struct {
	Op Op
	// By is the agent that does it. 0 is somebody where the engine is.
	By int
	// Makes is the number of the agent that comes of it.
	Makes    int
	From, To Place
	How      Propagation
	// Also is the other variant of the step.
	Also bool
}

// Op is what is done in a step.
type Op int

// What can be done.
const (
	Run       Op = iota // the engine mounts the container
	RunOther            // the engine mounts another container
	Rerun               // the engine unmounts the container and mounts it anew; Also: the old one is what is swept
	Unshare             // an agent with a mount namespace of its own; Also: in a user namespace of its own
	Join                // another agent in the same namespace
	Propagate           // Also: recursively
	Bind                // Also: recursively
	Move
	Cover   // by a tmpfs
	Unmount // lazily
	Chroot
	Pivot // Also: the old root goes
	Stay  // a working directory
	Open  // a file stays open
	Clone // a detached copy is kept by a descriptor
	Leave // nobody is left in the namespace, which a descriptor holds; Also: a file that it is bound to
	Engine
	ops // how many there are
)

// Propagation is a propagation type.
type Propagation string

// The propagation types.
const (
	Private    Propagation = "private"
	Slave      Propagation = "slave"
	Shared     Propagation = "shared"
	Unbindable Propagation = "unbindable"
	Unchanged  Propagation = "unchanged"
)

// Place is a directory, or a file, that steps are about: the names that it has
// below the world's own directory.
type Place string

const (
	layer    = "9b1c2d3e4f5061728394a5b6c7d8e9fa"
	other    = "1f2e3d4c5b6a79880716253443526170"
	identity = "3f2a9d0c1b7e4f6a8d5c3b2a1908f7e6"
)

// The places.
const (
	Root     Place = "/"
	World    Place = ""
	Docker   Place = "docker"
	Layers   Place = "docker/overlay2"
	Layer    Place = "docker/overlay2/" + layer
	Rootfs   Place = "docker/overlay2/" + layer + "/merged"
	Inside   Place = "docker/overlay2/" + layer + "/merged/in"
	OtherFS  Place = "docker/overlay2/" + other + "/merged"
	Shm      Place = "docker/containers/" + identity + "/mounts/shm"
	Netns    Place = "netns/cni-1"
	NetnsDir Place = "netns"
	One      Place = "one"
	Two      Place = "two"
	Three    Place = "three"
	Same     Place = "one/overlay2/" + layer + "/merged" // ends as Rootfs does
	File     Place = "file"
)

// places are those that have to be there from the beginning, files last.
var (
	directories = []Place{Layers, Rootfs, OtherFS, Shm, NetnsDir, One, Two, Three, Same}
	files       = []Place{Netns, File}
)

func (t Topology) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	if t.Home != "" {
		line("the engine's data root is a mount of its own, made %s", t.Home)
	}
	for i, s := range t.Steps {
		line("%2d. %s", i+1, s)
		if s.Op == Run && t.TmpfsRoot {
			line("    (its root file system is a tmpfs)")
		}
	}
	var how []string
	for _, option := range []struct {
		set  bool
		name string
	}{{t.Late, "after the engine's unmount"}, {t.Proc, "by way of /proc"}, {t.Leaf, "leaves, too"}, {t.Host, "aliases, too"}} {
		if option.set {
			how = append(how, option.name)
		}
	}
	line("    unbusy sweeps %s", strings.Join(how, ", "))
	return b.String()
}

func (s Step) String() string {
	who := fmt.Sprintf("agent %d", s.By)
	if s.By == 0 {
		who = "somebody where the engine is"
	}
	either := func(also, plain string) string {
		if s.Also {
			return also
		}
		return plain
	}
	switch s.Op {
	case Run:
		return "the engine mounts the container"
	case RunOther:
		return "the engine mounts another container"
	case Rerun:
		return "the engine unmounts the container and mounts it anew" + either(" (what is swept is the old one)", "")
	case Unshare:
		return fmt.Sprintf("%s starts agent %d with mounts of its own, %s%s", who, s.Makes, s.How, either(", in a user namespace", ""))
	case Join:
		return fmt.Sprintf("%s is joined by agent %d", who, s.Makes)
	case Propagate:
		return fmt.Sprintf("%s makes %s %s%s", who, s.To, either("recursively ", ""), s.How)
	case Bind:
		return fmt.Sprintf("%s binds %s %sto %s", who, s.From, either("recursively ", ""), s.To)
	case Move:
		return fmt.Sprintf("%s moves %s to %s", who, s.From, s.To)
	case Cover:
		return fmt.Sprintf("%s mounts a tmpfs on %s", who, s.To)
	case Unmount:
		return fmt.Sprintf("%s unmounts %s", who, s.To)
	case Chroot:
		return fmt.Sprintf("%s changes its root to %s", who, s.To)
	case Pivot:
		return fmt.Sprintf("%s binds %s to %s and pivots there%s", who, s.From, s.To, either(", without the old root", ""))
	case Stay:
		return fmt.Sprintf("%s goes to %s", who, s.To)
	case Open:
		return fmt.Sprintf("%s opens %s", who, s.To)
	case Clone:
		return fmt.Sprintf("%s keeps a detached copy of %s", who, s.From)
	case Leave:
		return fmt.Sprintf("%s ends, its namespace is %s", who, either("bound to a file", "kept by a descriptor"))
	case Engine:
		return who + " starts an engine"
	default:
		return fmt.Sprintf("step %d", int(s.Op))
	}
}

func (p Place) String() string {
	switch p {
	case Root:
		return "/"
	case World:
		return "the world"
	case Layers:
		return "overlay2"
	case Layer:
		return "the container's layer"
	case Rootfs:
		return "the root file system"
	case Inside:
		return "a directory in the root file system"
	case OtherFS:
		return "the other container's root file system"
	case Shm:
		return "the shared memory"
	case Netns:
		return "the network namespace"
	case Same:
		return "a place called like the root file system's"
	default:
		return string(p)
	}
}
