package taskapi

import (
	"maps"
	"slices"
	"sync"
	"testing"
)

// situations are all that are known of each call.
func situations() map[string][]situation {
	return map[string][]situation{
		"Create":     slices.Concat(creating, creatingWithIO, failingToCreate),
		"Start":      starting,
		"State":      askingForState,
		"Exec":       executing,
		"Delete":     deleting,
		"Pids":       listing,
		"Pause":      pausing,
		"Resume":     resuming,
		"Kill":       killing,
		"ResizePty":  resizing,
		"CloseIO":    closing,
		"Checkpoint": checkpointing,
		"Update":     updating,
		"Wait":       waiting,
		"Stats":      measuring,
		"Connect":    connecting,
		"Shutdown":   shuttingDown,
	}
}

// TestTaskCalls makes every call that the description of the task service has,
// in all situations that are known of it, on the stock shim and on ours, the
// latter under both names of the service, and wants the same of all.
func TestTaskCalls(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	known := situations()
	for name := range known {
		if calls()[name] == nil {
			t.Errorf("there is no call %s, but situations of it", name)
		}
	}
	played := &coverage{used: map[string]bool{}}
	stock := stock(t)
	recent, old := unbusy(t)
	t.Run("calls", func(t *testing.T) {
		for _, name := range slices.Sorted(maps.Keys(calls())) {
			if len(known[name]) == 0 {
				t.Errorf("no situation is known of the call %s", name)
			}
			for _, s := range known[name] {
				t.Run(name+" "+s.name, func(t *testing.T) {
					t.Parallel()
					used := s.compare(t, stage.place(), func(r *run) { r.begin(startOptions{}) }, stock, recent, old)
					if !used[name] {
						t.Errorf("%s was not called", name)
					}
					played.add(used)
				})
			}
		}
	})
	if played.situations < count(known) {
		return // the command line has chosen some
	}
	for name, call := range calls() {
		for i := range call.Input().Fields().Len() {
			if field := name + "." + string(call.Input().Fields().Get(i).Name()); !played.used[field] {
				t.Errorf("%s was set in no situation", field)
			}
		}
	}
}

func count(known map[string][]situation) int {
	n := 0
	for _, of := range known {
		n += len(of)
	}
	return n
}

// coverage is what situations that are played at the same time have used.
type coverage struct {
	mu         sync.Mutex
	situations int
	used       map[string]bool
}

func (c *coverage) add(used map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.situations++
	maps.Copy(c.used, used)
}

// TestNamesOfTheService tells which name of the service each shim answers to:
// stock only to the recent one, ours to both. That is why ours is compared under
// the old name with stock under the recent one.
func TestNamesOfTheService(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, old := unbusy(t)
	for _, s := range []subject{stock, recent, old} {
		r := enter(t, stage.place(), s)
		r.begin(startOptions{})
		for _, service := range []string{taskV2, taskV3} {
			r.service = service
			for _, name := range slices.Sorted(maps.Keys(calls())) {
				if name == "Shutdown" {
					continue // is made at the end
				}
				r.lines = nil
				r.call(name, r.empty(calls()[name].Input()))
				unknown := slices.Contains(r.lines, name+" failed: Unimplemented: service "+service)
				if s.name == "stock" && service == taskV2 {
					if !unknown {
						t.Errorf("stock answered to %s: %q", service, r.lines)
					}
					continue
				}
				if unknown {
					t.Errorf("%s does not answer to %s", s.name, service)
				}
			}
		}
		r.service = s.service
		r.end()
	}
}
