package taskapi

import (
	"fmt"
	"slices"
	"testing"

	taskv2 "github.com/containerd/containerd/api/runtime/task/v2"
	taskv3 "github.com/containerd/containerd/api/runtime/task/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// calls are all calls of the task service, by name, as its description has them.
func calls() map[string]protoreflect.MethodDescriptor {
	return methods(taskv3.File_runtime_task_v3_shim_proto)
}

func methods(file protoreflect.FileDescriptor) map[string]protoreflect.MethodDescriptor {
	found := map[string]protoreflect.MethodDescriptor{}
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		for j := range service.Methods().Len() {
			method := service.Methods().Get(j)
			found[string(method.Name())] = method
		}
	}
	return found
}

// TestServicesAreAlike is what allows our shim to answer under both names with
// the same code, and these tests to ask under both with the same messages.
func TestServicesAreAlike(t *testing.T) {
	t.Parallel()
	v2, v3 := taskv2.File_runtime_task_v2_shim_proto, taskv3.File_runtime_task_v3_shim_proto
	for name, file := range map[string]protoreflect.FileDescriptor{taskV2: v2, taskV3: v3} {
		if file.Services().Len() != 1 || string(file.Services().Get(0).FullName()) != name {
			t.Errorf("%s describes other services than %s", file.Path(), name)
		}
	}
	old, recent := methods(v2), methods(v3)
	for name := range old {
		if recent[name] == nil {
			t.Errorf("only %s has %s", taskV2, name)
		}
	}
	for name, method := range recent {
		other := old[name]
		if other == nil {
			t.Errorf("only %s has %s", taskV3, name)
			continue
		}
		if method.IsStreamingClient() || method.IsStreamingServer() || other.IsStreamingClient() || other.IsStreamingServer() {
			t.Errorf("%s is a stream", name)
		}
		want, got := shape(method.Input(), nil), shape(other.Input(), nil)
		want, got = append(want, shape(method.Output(), nil)...), append(got, shape(other.Output(), nil)...)
		if diff := difference(want, got); diff != "" {
			t.Errorf("the messages of %s differ:\n%s", name, diff)
		}
	}
}

// shape lists what decides how a message is written: its fields, and theirs.
func shape(m protoreflect.MessageDescriptor, above []protoreflect.FullName) []string {
	var lines []string
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		lines = append(lines, string(f.Name())+" "+fmt.Sprint(f.Number())+" "+f.Cardinality().String()+" "+f.Kind().String())
		if inner := f.Message(); inner != nil && !slices.Contains(above, inner.FullName()) {
			lines = append(lines, shape(inner, append(above, inner.FullName()))...)
		}
	}
	return lines
}
