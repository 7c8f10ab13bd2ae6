package engines

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/roots"
)

func TestContainerName(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	dir := tree(t, map[string]string{
		"data/containers/" + id + "/config.v2.json": `{"Name": "/web"}`,
		"containerd/config.json":                    `{"annotations": {"io.kubernetes.cri.sandbox-namespace": "ns", "io.kubernetes.cri.sandbox-name": "pod", "io.kubernetes.cri.container-name": "app"}}`,
		"sandbox/config.json":                       `{"annotations": {"io.kubernetes.cri.sandbox-namespace": "ns", "io.kubernetes.cri.sandbox-name": "pod"}}`,
		"crio/config.json":                          `{"annotations": {"io.kubernetes.cri-o.Name": "k8s_app_pod_ns_uid_0"}}`,
		"other/config.json":                         `{"annotations": {"io.kubernetes.cri-o.Name": "k8s_app_pod"}}`,
		"broken/config.json":                        `{`,
	})
	all := []roots.Root{{Engine: roots.Docker, Kind: roots.DataRoot, Resolved: filepath.Join(dir, "data")}}
	for _, test := range []struct {
		bundle bundle
		want   string
	}{
		{bundle{id: id, dir: "other", engine: roots.Docker}, "web (0123456789ab)"},
		{bundle{id: "x", dir: "none", engine: roots.Docker}, "x"},
		{bundle{id: id, dir: "containerd"}, "ns/pod/app (0123456789ab)"},
		{bundle{id: id, dir: "sandbox"}, "ns/pod (0123456789ab)"},
		{bundle{id: id, dir: "crio"}, "ns/pod/app (0123456789ab)"},
		{bundle{id: "my-agent", dir: "other"}, "my-agent"},
		{bundle{id: id, dir: "broken"}, "0123456789ab"},
	} {
		test.bundle.dir = filepath.Join(dir, test.bundle.dir)
		if got := test.bundle.name(all); got != test.want {
			t.Errorf("%+v: %q, want %q", test.bundle, got, test.want)
		}
	}
}
