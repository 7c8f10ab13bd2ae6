package victim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/tidwall/gjson"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/cleanup"
	"github.com/unbusy/unbusy/pkg/spec"
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
	rootfs string
	// shm is the source of what is mounted on /dev/shm, "" if that is no path.
	shm string
	// binds are the mounts that have a source, also one that is no path.
	binds       []Bind
	annotations map[string]string
	// network is the network namespace, nil if the container has the host's.
	network *string
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
	if s.rootfs != "" {
		c.Rootfs = resolve(bundle, s.rootfs)
	}
	if s.shm != "" {
		c.Shm = resolve(bundle, s.shm)
	}
	for _, name := range typeAnnotations {
		c.Sandbox = c.Sandbox || s.annotations[name] == "sandbox"
	}
	for _, name := range podAnnotations {
		if c.PodUID == "" {
			c.PodUID = s.annotations[name]
		}
	}
	switch {
	case s.network == nil:
	case *s.network != "":
		c.Network = resolve(bundle, *s.network)
		// A file that is gone is not the same as a namespace of one's own.
		if c.Network == "" {
			c.Network = *s.network
		}
	default:
		c.OwnNetwork = true
		if pid > 0 {
			c.NetworkInode = networkNamespace(pid)
		}
	}
	return c, nil
}

// Annotations are those of the container that a bundle is of.
func Annotations(bundle string) (map[string]string, error) {
	s, err := readSpecification(filepath.Join(bundle, "config.json"))
	return s.annotations, err
}

// Bind is what a container has mounted by name.
type Bind struct {
	Source      string // in our namespace, where the path leads to
	Destination string // in the container, as it is written
}

// Binds are what a container has mounted of our namespace by name.
func Binds(bundle string) ([]Bind, error) {
	s, err := readSpecification(filepath.Join(bundle, "config.json"))
	if err != nil {
		return nil, err
	}
	var binds []Bind
	for _, b := range s.binds {
		if b.Source = resolve(bundle, b.Source); b.Source != "" {
			binds = append(binds, b)
		}
	}
	return binds, nil
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
	text, err := linux.ReadRegular(f, maxSpecification)
	if err != nil {
		return s, err
	}
	if err := s.decode(text); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// decode reads the parts that count: most of a specification are system calls that
// a container may make, and this is read at every start of one.
func (s *specification) decode(text []byte) error {
	if err := spec.CheckDepth(text); err != nil {
		return err
	}
	if !gjson.ValidBytes(text) {
		return cmp.Or(json.Unmarshal(text, new(any)), errors.New("not valid JSON"))
	}
	gjson.ParseBytes(text).ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "root":
			s.rootfs = value.Get("path").String()
		case "mounts":
			s.decodeMounts(value)
		case "annotations":
			s.annotations = make(map[string]string)
			value.ForEach(func(name, text gjson.Result) bool {
				s.annotations[name.Str] = text.String()
				return true
			})
		case "linux":
			s.decodeNamespaces(value.Get("namespaces"))
		}
		return true
	})
	return nil
}

func (s *specification) decodeMounts(mounts gjson.Result) {
	mounts.ForEach(func(_, m gjson.Result) bool {
		source, destination := m.Get("source").String(), m.Get("destination").String()
		if source != "" {
			s.binds = append(s.binds, Bind{source, destination})
		}
		if filepath.Clean(destination) == "/dev/shm" && filepath.IsAbs(source) {
			s.shm = source
		}
		return true
	})
}

func (s *specification) decodeNamespaces(namespaces gjson.Result) {
	namespaces.ForEach(func(_, ns gjson.Result) bool {
		if ns.Get("type").String() == string(specs.NetworkNamespace) {
			path := ns.Get("path").String()
			s.network = &path
		}
		return true
	})
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
