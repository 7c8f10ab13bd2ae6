package shim

import (
	"testing"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
)

func TestContainerOf(t *testing.T) {
	ctx := namespaces.WithNamespace(t.Context(), "n")
	for name, test := range map[string]struct {
		options proto.Message
		want    container
	}{
		"none":          {nil, container{bundle: "/b", runtime: "runc", state: "/run/containerd/runc/n/a"}},
		"empty":         {&options.Options{}, container{bundle: "/b", runtime: "runc", state: "/run/containerd/runc/n/a"}},
		"all":           {&options.Options{BinaryName: "/bin/crun", Root: "/r"}, container{bundle: "/b", runtime: "/bin/crun", state: "/r/n/a"}},
		"somebody else": {&emptypb.Empty{}, container{bundle: "/b", runtime: "runc", state: "/run/containerd/runc/n/a"}},
	} {
		request := &taskapi.CreateTaskRequest{ID: "a", Bundle: "/b"}
		if test.options != nil {
			options, err := anypb.New(test.options)
			if err != nil {
				t.Fatal(err)
			}
			request.Options = options
		}
		if got, err := containerOf(ctx, request); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := containerOf(t.Context(), &taskapi.CreateTaskRequest{ID: "a"}); err == nil {
		t.Error("a request without a namespace is read")
	}
}
