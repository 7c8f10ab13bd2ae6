package taskapi

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	task "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/runc/options"
	"github.com/opencontainers/runtime-spec/specs-go"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/unbusy/unbusy/integration/observe"
)

// resourcesURL is the type of what Update is given.
const resourcesURL = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources"

var updating = []situation{
	{"the limits of a container", func(r *run) {
		r.launch()
		limit := int64(64 << 20)
		shares := uint64(512)
		r.call("Update", &task.UpdateTaskRequest{
			ID: first,
			Resources: r.json(resourcesURL, &specs.LinuxResources{
				Memory: &specs.LinuxMemory{Limit: &limit}, CPU: &specs.LinuxCPU{Shares: &shares},
			}),
			Annotations: map[string]string{"unbusy.test/why": "because"},
		})
		r.noteFile(r.controller("memory", "memory.limit_in_bytes"))
		r.noteFile(r.controller("cpu", "cpu.shares"))
	}, nil},
	{"to what cannot be", func(r *run) {
		r.create()
		limit := int64(1)
		r.call("Update", &task.UpdateTaskRequest{ID: first, Resources: &anypb.Any{Value: []byte("{")}})
		r.call("Update", &task.UpdateTaskRequest{ID: first, Resources: r.json(resourcesURL, &specs.LinuxResources{
			CPU: &specs.LinuxCPU{Quota: &limit},
		})})
		r.state("")
	}, nil},
	{"after the end", func(r *run) {
		r.launch()
		r.stop()
		r.call("Update", &task.UpdateTaskRequest{ID: first, Resources: r.json(resourcesURL, &specs.LinuxResources{})})
	}, nil},
	{"an unknown container", func(r *run) { r.call("Update", &task.UpdateTaskRequest{ID: first}) }, nil},
}

// controller is a file of the first container's cgroup.
func (r *run) controller(name, file string) string {
	r.t.Helper()
	mounts, err := observe.Mounts(0)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range mounts {
		if m.FSType == "cgroup2" {
			if path := filepath.Join(m.Point, r.cgroup, first, file); exists(path) {
				return path
			}
		}
		if m.FSType == "cgroup" && filepath.Base(m.Point) == name {
			return filepath.Join(m.Point, r.cgroup, first, file)
		}
	}
	return name
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

var measuring = []situation{
	{"a container", func(r *run) {
		r.create()
		r.measure()
		r.start("")
		r.measure()
		r.stop()
		r.measure()
		r.delete("")
		r.measure()
	}, nil},
	{"an unknown container", func(r *run) { r.measure() }, nil},
}

// measure calls Stats and notes which numbers there are, since they themselves
// are different each time.
func (r *run) measure() {
	r.t.Helper()
	q := &task.StatsRequest{ID: first}
	r.used("Stats", q)
	var answer task.StatsResponse
	if err := r.ask("Stats", q, &answer); err != nil {
		r.note("%s", r.said("Stats", &answer, err))
		return
	}
	r.note("Stats answered %s with %v", answer.Stats.GetTypeUrl(), topics(answer.Stats.GetValue()))
}

// topics are the numbers of the fields of a message whose type is not known.
func topics(message []byte) []string {
	var found []string
	for len(message) > 0 {
		number, _, n := protowire.ConsumeField(message)
		if n < 0 {
			return append(found, protowire.ParseError(n).Error())
		}
		found = append(found, fmt.Sprint(number))
		message = message[n:]
	}
	slices.Sort(found)
	return slices.Compact(found)
}

var checkpointing = []situation{
	// criu does not work on this kernel: the errors have to be the same.
	{"a container", func(r *run) {
		r.launch()
		r.call("Checkpoint", &task.CheckpointTaskRequest{ID: first, Path: r.path("image"), Options: envelope(r.t, &options.CheckpointOptions{
			Exit: true, OpenTcp: true, ExternalUnixSockets: true, Terminal: true, FileLocks: true,
			WorkPath: r.path("work"), EmptyNamespaces: []string{"network"},
		})})
		r.state("")
	}, nil},
	{"before the start", func(r *run) {
		r.create()
		r.call("Checkpoint", &task.CheckpointTaskRequest{ID: first, Path: r.path("image")})
	}, nil},
	{"with wrong options", func(r *run) {
		r.launch()
		r.call("Checkpoint", &task.CheckpointTaskRequest{ID: first, Path: r.path("image"), Options: envelope(r.t, &options.Options{})})
	}, nil},
	{"an unknown container", func(r *run) { r.call("Checkpoint", &task.CheckpointTaskRequest{ID: first}) }, nil},
}
