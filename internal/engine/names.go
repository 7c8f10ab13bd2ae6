package engine

import (
	"path/filepath"
	"slices"
	"strings"
)

// role says what an engine's children are.
type role int

const (
	notEngine role = iota
	// daemon starts containers through shims, monitors and runtimes. Its own
	// children are its helpers: containerd below dockerd, mount programs,
	// decompressors, docker-proxy.
	daemon
	// monitor is the parent of containers.
	monitor
)

// engines are the programs that make the originals of mounts or watch over
// them. Shims are not among them: one that outlived its daemon in a namespace of
// its own has copies like anybody else.
var engines = map[string]role{
	"dockerd":           daemon,
	"docker-containerd": daemon, // Docker 1.11 to 18.06
	"containerd":        daemon,
	"cri-dockerd":       daemon,
	"balenad":           daemon, // Docker for devices
	"crio":              daemon,
	"kubelet":           daemon,
	"podman":            daemon,
	"buildah":           daemon,
	"buildkitd":         daemon,
	// Distributions that are kubelet or containerd themselves, or start them.
	"k3s":        daemon,
	"k3s-server": daemon,
	"k3s-agent":  daemon,
	"rke2":       daemon,
	"k0s":        daemon,
	"kubelite":   daemon, // MicroK8s
	"openshift":  daemon, // 3.x
	"edgecore":   daemon, // KubeEdge
	// Snapshotters mount what containers are made of.
	"containerd-stargz-grpc":         daemon,
	"containerd-fuse-overlayfs-grpc": daemon,
	"containerd-nydus-grpc":          daemon,
	"soci-snapshotter-grpc":          daemon,
	// Their children are containers.
	"conmon":   monitor,
	"conmonrs": monitor,
}

// pause is the process that keeps the namespaces of rootless podman when no
// command of its runs (podman pkg/rootless/rootless_linux.c). It was called
// "podman pause" before it became an option of catatonit.
const pause = "podman pause"

// maxComm is what the kernel keeps of a process' name (TASK_COMM_LEN).
const maxComm = 15

// isShim recognises shims: containerd-shim, containerd-shim-runc-v2,
// docker-containerd-shim, docker-containerd-shim-current.
func isShim(name string) bool {
	name = strings.TrimPrefix(name, "docker-")
	return strings.HasPrefix(name, "containerd-shim")
}

// roleOf returns the role and the usual name of a program.
func roleOf(program string) (string, role) {
	if program == pause {
		return pause, daemon
	}
	name := usual(program)
	return name, engines[name]
}

// usual takes off what packages put around a program's name: dockerd-current and
// dockerd-latest (Red Hat's Docker 1.12 and 1.13), .dockerd-wrapped (Nix),
// dockerd.real (whoever wraps it by hand).
func usual(program string) string {
	name := strings.TrimPrefix(program, ".")
	for _, suffix := range [...]string{"-current", "-latest", "-wrapped", ".real", ".orig", ".bin"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// needsFile says whether the kernel's name of a process leaves open whether that
// is an engine, so that its executable has to be looked at:
//
//   - "exe" was executed as /proc/self/exe. So Docker and podman make helpers of
//     themselves, which unpack archives in namespaces of their own (moby/sys
//     reexec, containers/storage pkg/reexec), and rootless podman enters its
//     namespaces.
//   - A name that fills its place has been cut: docker-containerd and
//     docker-containerd-shim are both "docker-containe".
func needsFile(comm string) bool {
	if comm == "exe" {
		return true
	}
	if len(comm) < maxComm || isShim(comm) {
		return false
	}
	whole := strings.TrimPrefix(comm, ".")
	for name := range engines {
		if strings.HasPrefix(name, whole) || strings.HasPrefix(whole, name) {
			return true
		}
	}
	return false
}

// program is the name of an executable by the link of /proc to it.
func program(link string) string {
	return filepath.Base(strings.TrimSuffix(link, " (deleted)"))
}

// byArguments returns the engine that a program of several trades is with the
// arguments of its command line, and whether the program is one of those at all.
func byArguments(comm string) (is func(args []string) string, ok bool) {
	switch usual(comm) {
	case "docker": // before 1.12
		return func(args []string) string { return named("dockerd", dockerDaemon(args)) }, true
	case "hyperkube":
		return func(args []string) string { return named("kubelet", slices.Contains(args, "kubelet")) }, true
	case "catatonit":
		// In a container it is the init process.
		return func(args []string) string { return named(pause, slices.Contains(args, "-P")) }, true
	}
	return nil, false
}

func named(name string, is bool) string {
	if is {
		return name
	}
	return ""
}

// dockerDaemon tells "docker daemon" and, before 1.8, "docker -d" from the
// client. The words up to the command count, and a word after an option may be
// its value.
func dockerDaemon(args []string) bool {
	option := false
	for _, arg := range args[min(1, len(args)):] {
		switch {
		case arg == "daemon", arg == "-d", arg == "--daemon":
			return true
		case strings.HasPrefix(arg, "-"):
			option = !strings.Contains(arg, "=")
		case !option:
			return false
		default:
			option = false
		}
	}
	return false
}
