package main

import (
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
)

// containerd is the module of the shim that ours is compared with, and that ours
// is made of.
const containerd = "github.com/containerd/containerd/v2"

// sameBuild fails unless two shims are of the same containerd, and were built by
// the same Go in the same way.
func sameBuild(one, other string) error {
	a, err := buildOf(one)
	if err != nil {
		return err
	}
	b, err := buildOf(other)
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("%s and %s were built differently: %+v and %+v", one, other, a, b)
	}
	return nil
}

// build is what a program was made of, and how, as far as the program tells.
// Tags are left out: they choose what is in it, which is ours to do.
type build struct{ Go, Containerd, CGO, Compiler, Trimmed string }

func buildOf(path string) (build, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return build{}, fmt.Errorf("look how %s was built: %w", path, err)
	}
	b := build{Go: info.GoVersion}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == containerd {
			b.Containerd = m.Version
		}
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "CGO_ENABLED":
			b.CGO = s.Value
		case "-gcflags":
			b.Compiler = s.Value
		case "-trimpath":
			b.Trimmed = s.Value
		}
	}
	return b, nil
}
