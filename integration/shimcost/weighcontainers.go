package main

import (
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// weighContainers compares the memory of shims that serve one container each: at
// first, after the shims' garbage collectors have given back what they can
// (containerd pkg/shim, setRuntime: every 30 s), and the same after processes
// were executed in the containers.
func (e *engine) weighContainers(o options) []row {
	e.t.Helper()
	var tasks []client.Task
	defer func() {
		for _, task := range tasks {
			e.finish(task)
		}
	}()
	serving, err := inTurns(o.containers, func(pair, which int) (int, error) {
		ctx, cancel := bounded()
		defer cancel()
		task, err := e.create(ctx, e.container(fmt.Sprintf("%s-%d", names[which], pair)), which)
		if err != nil {
			return 0, fmt.Errorf("create a container under %s: %w", names[which], err)
		}
		tasks = append(tasks, task)
		shim, err := shimOf(task.Pid(), e.shims[which])
		if err != nil {
			return 0, err
		}
		defer shim.close()
		return shim.pid, task.Start(ctx)
	})
	if err != nil {
		e.t.Fatalf("%v", err)
	}
	now := time.Now()
	rows := []row{heading(fmt.Sprintf("memory of shims with one container each, %d of each kind", o.containers))}
	rows = append(rows, weigh(e.t, serving, "fresh", now)...)
	if o.settle > 0 {
		rows = append(rows, weigh(e.t, serving, "settled", now.Add(o.settle))...)
	}
	for _, task := range tasks {
		for i := range o.execs {
			e.exec(task, fmt.Sprintf("exec-%d", i))
		}
	}
	now = time.Now()
	rows = append(rows, weigh(e.t, serving, fmt.Sprintf("after %d execs", o.execs), now)...)
	if o.settle > 0 {
		rows = append(rows, weigh(e.t, serving, fmt.Sprintf("settled after %d execs", o.execs), now.Add(o.settle))...)
	}
	return rows
}

// exec executes a process in a container that ends at once.
func (e *engine) exec(task client.Task, id string) {
	e.t.Helper()
	ctx, cancel := bounded()
	defer cancel()
	process, err := task.Exec(ctx, id, &specs.Process{Args: []string{"/bin/true"}, Cwd: "/"}, cio.NullIO)
	if err != nil {
		e.t.Fatalf("execute in %s: %v", task.ID(), err)
	}
	exited, err := process.Wait(ctx)
	if err == nil {
		err = process.Start(ctx)
	}
	if err == nil {
		status := <-exited
		err = status.Error()
	}
	if err == nil {
		_, err = process.Delete(ctx)
	}
	if err != nil {
		e.t.Fatalf("execute in %s: %v", task.ID(), err)
	}
}

// finish kills a container and deletes its task.
func (e *engine) finish(task client.Task) {
	e.t.Helper()
	ctx, cancel := bounded()
	defer cancel()
	if _, err := task.Delete(ctx, client.WithProcessKill); err != nil {
		e.t.Errorf("finish %s: %v", task.ID(), err)
	}
}
