package victim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/tidwall/gjson"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// maxSpecification bounds what is read of a config.json, in bytes.
const maxSpecification = 16 << 20

// The annotations by which engines of Kubernetes say what a container is in its
// pod.
var (
	typeAnnotations = []string{
		"io.kubernetes.cri.container-type",  // containerd internal/cri/annotations
		"io.kubernetes.cri-o.ContainerType", // cri-o pkg/annotations
	}
	podAnnotations = []string{
		"io.kubernetes.cri.sandbox-uid",
		"io.kubernetes.pod.uid", // CRI-O takes the pod's labels over
	}
)

// specification is the part of a config.json that says what a container owns.
type specification struct {
	Root        *specs.Root
	Mounts      []specs.Mount
	Annotations map[string]string
	Namespaces  []specs.LinuxNamespace
}

// Read reads what a container is from its bundle. pid is that of its first
// process, 0 if that is not known or has ended. What the specification names and
// is not there is left empty.
func Read(bundle, id string, pid int) (cleanup.Container, error) {
	c := cleanup.Container{ID: id}
	s, err := readSpecification(filepath.Join(bundle, "config.json"))
	if err != nil {
		return c, err
	}
	if s.Root != nil && s.Root.Path != "" {
		c.Rootfs = resolve(bundle, s.Root.Path)
	}
	for _, m := range s.Mounts {
		if filepath.Clean(m.Destination) == "/dev/shm" && filepath.IsAbs(m.Source) {
			c.Shm = resolve(bundle, m.Source)
		}
	}
	for _, name := range typeAnnotations {
		c.Sandbox = c.Sandbox || s.Annotations[name] == "sandbox"
	}
	for _, name := range podAnnotations {
		if c.PodUID == "" {
			c.PodUID = s.Annotations[name]
		}
	}
	for _, ns := range s.Namespaces {
		if ns.Type != specs.NetworkNamespace {
			continue
		}
		if ns.Path != "" {
			c.Network = resolve(bundle, ns.Path)
			// A file that is gone is not the same as a namespace of one's own.
			if c.Network == "" {
				c.Network = ns.Path
			}
		} else if pid > 0 {
			c.NetworkInode = networkNamespace(pid)
		}
	}
	return c, nil
}

// Annotations are those of the container that a bundle is of.
func Annotations(bundle string) (map[string]string, error) {
	s, err := readSpecification(filepath.Join(bundle, "config.json"))
	return s.Annotations, err
}

func readSpecification(path string) (specification, error) {
	var s specification
	// A file that an engine or somebody else put there and that is not one is not
	// waited for.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return s, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return s, err
	} else if !info.Mode().IsRegular() {
		return s, fmt.Errorf("%s is not a regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSpecification+1))
	if err != nil {
		return s, err
	}
	if len(text) > maxSpecification {
		return s, fmt.Errorf("%s is larger than %d bytes", path, maxSpecification)
	}
	if err := s.decode(text); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// decode reads the parts that count: most of a specification are system calls that
// a container may make, and this is read at every start of one.
func (s *specification) decode(text []byte) error {
	if !gjson.ValidBytes(text) {
		return cmp.Or(json.Unmarshal(text, new(any)), errors.New("not valid JSON"))
	}
	for path, into := range map[string]any{
		"root": &s.Root, "mounts": &s.Mounts, "annotations": &s.Annotations, "linux.namespaces": &s.Namespaces,
	} {
		if value := gjson.GetBytes(text, path); value.Exists() {
			if err := json.Unmarshal([]byte(value.Raw), into); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return nil
}

// resolve returns where a path of the specification leads to, "" if nowhere.
func resolve(bundle, path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(bundle, path)
	}
	if dir, err := linux.Directory(path); err == nil {
		return dir
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	return file
}

// networkNamespace is the number of the network namespace of a process, 0 if it
// is ours: then the container has the host's.
func networkNamespace(pid int) uint64 {
	of, err := inode("/proc/" + strconv.Itoa(pid) + "/ns/net")
	if err != nil {
		return 0
	}
	if own, err := inode("/proc/self/ns/net"); err != nil || own == of {
		return 0
	}
	return of
}

func inode(path string) (uint64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("%s has no inode number", path)
	}
	return stat.Ino, nil
}
