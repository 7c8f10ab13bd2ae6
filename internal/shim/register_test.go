package shim

import (
	"maps"
	"slices"
	"testing"

	v2 "github.com/containerd/containerd/api/runtime/task/v2"
	v3 "github.com/containerd/containerd/api/runtime/task/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// TestTaskMethods compares with what the services' own descriptions list.
func TestTaskMethods(t *testing.T) {
	got := slices.Sorted(maps.Keys(taskMethods(&service{TTRPCTaskService: nothing{}})))
	for i, file := range []protoreflect.FileDescriptor{
		v3.File_runtime_task_v3_shim_proto,
		v2.File_runtime_task_v2_shim_proto,
	} {
		service := file.Services().Get(0)
		if name := string(service.FullName()); name != taskServices[i] {
			t.Errorf("the service is called %s", name)
		}
		var want []string
		for i := range service.Methods().Len() {
			want = append(want, string(service.Methods().Get(i).Name()))
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: served are %q, described %q", service.FullName(), got, want)
		}
	}
}

// nothing is a service none of whose calls is made.
type nothing struct{ v3.TTRPCTaskService }
