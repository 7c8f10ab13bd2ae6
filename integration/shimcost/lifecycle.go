package main

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/client"
	"golang.org/x/sys/unix"
)

// The parts of a container's life, and the whole.
const (
	creating = iota
	starting
	killing
	deleting
	whole
	parts
)

var partNames = [parts]string{"create", "start", "kill", "delete", "create to delete"}

// life is how long each took.
type life [parts]time.Duration

// live has a container live once under one of the shims. When it returns,
// nothing of it is left that could disturb what comes next.
func (e *engine) live(c client.Container, which int) (life, error) {
	ctx, cancel := bounded()
	defer cancel()
	var l life
	began := time.Now()
	task, err := e.create(ctx, c, which)
	if err != nil {
		return l, fmt.Errorf("create: %w", err)
	}
	l[creating] = time.Since(began)
	shim, err := shimOf(task.Pid(), e.shims[which])
	if err != nil {
		return l, err
	}
	defer shim.close()

	began = time.Now()
	exited, err := task.Wait(ctx)
	if err != nil {
		return l, fmt.Errorf("wait: %w", err)
	}
	if err := task.Start(ctx); err != nil {
		return l, fmt.Errorf("start: %w", err)
	}
	l[starting] = time.Since(began)

	began = time.Now()
	if err := end(ctx, task, exited); err != nil {
		return l, err
	}
	l[killing] = time.Since(began)

	began = time.Now()
	if _, err := task.Delete(ctx); err != nil {
		return l, fmt.Errorf("delete: %w", err)
	}
	l[deleting] = time.Since(began)
	l[whole] = l[creating] + l[starting] + l[killing] + l[deleting]
	return l, shim.wait(ctx)
}

// end kills what runs in a container, and waits until it has ended.
func end(ctx context.Context, task client.Task, exited <-chan client.ExitStatus) error {
	if err := task.Kill(ctx, unix.SIGKILL); err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	if status := <-exited; status.Error() != nil {
		return fmt.Errorf("wait: %w", status.Error())
	}
	return nil
}
