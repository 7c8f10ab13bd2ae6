package victim

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

func TestDecode(t *testing.T) {
	own, joined := "", "/run/netns/cni-1"
	for _, test := range []struct {
		name, text string
		want       specification
	}{
		{"nothing", `{}`, specification{}},
		{"a root", `{"root":{"readonly":true,"path":"rootfs"}}`, specification{rootfs: "rootfs"}},
		{"a root with an escape", `{"root":{"path":"/r\u00f6\/x"}}`, specification{rootfs: "/rö/x"}},
		{"no root", `{"root":null}`, specification{}},
		{
			"shared memory",
			`{"mounts":[{"destination":"/proc","source":"/p"},{"source":"/s/shm","destination":"/dev/shm/"}]}`,
			specification{shm: "/s/shm", binds: []Bind{{"/p", "/proc"}, {"/s/shm", "/dev/shm/"}}},
		},
		{"shared memory of its own", `{"mounts":[{"destination":"/dev/shm","type":"tmpfs","source":"shm"},{"destination":"/x"}]}`, specification{binds: []Bind{{"shm", "/dev/shm"}}}},
		{"mounts of another type", `{"mounts":"/dev/shm"}`, specification{}},
		{"annotations", `{"annotations":{"a.b/c":"d","e":""}}`, specification{annotations: map[string]string{"a.b/c": "d", "e": ""}}},
		{"a network of its own", `{"linux":{"namespaces":[{"type":"pid"},{"type":"network"}]}}`, specification{network: &own}},
		{
			"a joined network",
			`{"linux":{"seccomp":{"namespaces":[]},"namespaces":[{"path":"/run/netns/cni-1","type":"network"},{"type":"mount"}]}}`,
			specification{network: &joined},
		},
		{"the host's network", `{"linux":{"namespaces":[{"type":"mount"}]}}`, specification{}},
	} {
		var got specification
		if err := got.decode([]byte(test.text)); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, %v, want %+v", test.name, got, err, test.want)
		}
	}
	for _, text := range []string{
		``, `{`, `{"root":{"path":"rootfs"}`, "{}\x00", `{"root":{"path":}}`,
		// As much as is read of a file: a parser that recurses has no stack for it.
		strings.Repeat("[", maxSpecification), strings.Repeat(`{"":`, maxSpecification/4),
	} {
		if err := new(specification).decode([]byte(text)); err == nil {
			t.Errorf("%.40q: no error", text)
		}
	}
	// In a string no bracket opens anything.
	text := `{"annotations":{"k":"\"` + strings.Repeat("[", maxSpecification/2) + `"}}`
	if err := new(specification).decode([]byte(text)); err != nil {
		t.Error(err)
	}
}

func TestRead(t *testing.T) {
	bundle, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"disk", "shm"} {
		if err := os.Mkdir(filepath.Join(bundle, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("disk", filepath.Join(bundle, "rootfs")); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(`{"root":{"path":"rootfs"},"mounts":[{"destination":"/dev/shm","source":"DIR/shm"},
		{"destination":"/a","source":"rootfs"},{"destination":"/proc","source":"proc"},{"destination":"/b"}],
		"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-uid":"uid"},
		"linux":{"namespaces":[{"type":"network","path":"DIR/gone"}]}}`, "DIR", bundle)
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := cleanup.Container{
		ID: "id", Rootfs: filepath.Join(bundle, "disk"), Shm: filepath.Join(bundle, "shm"),
		Network: filepath.Join(bundle, "gone"), Sandbox: true, PodUID: "uid",
	}
	if got, err := Read(bundle, "id", os.Getpid()); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := Binds(bundle); err != nil || !slices.Equal(got, []Bind{{want.Shm, "/dev/shm"}, {want.Rootfs, "/a"}}) {
		t.Errorf("the binds are %q, %v", got, err)
	}
	if got, err := Read(bundle+"/none", "id", 0); err == nil {
		t.Errorf("no bundle: %+v", got)
	}
}
