package ask

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/engine"
)

// Directories of containerd's state directory that stand for a container.
const (
	tasks     = "io.containerd.runtime.v2.task"
	tasksV1   = "io.containerd.runtime.v1.linux"
	sandboxes = "io.containerd.grpc.v1.cri/sandboxes"
	// shimSandboxes are those of sandboxes that have a shim of their own.
	shimSandboxes = "io.containerd.sandbox.controller.v1.shim"
	// criNamespace is containerd's namespace for what the kubelet asked for.
	criNamespace = "k8s.io"
)

// Task says what containerd knows about a task, by its state directory.
//
// The bundle, <state>/io.containerd.runtime.v2.task/<namespace>/<id>, is made
// before anything is mounted for the task, and removed after everything is
// unmounted (containerd core/runtime/v2/bundle.go and task_manager.go): without
// it there is no task of that name, whatever is mounted where it was. A bundle
// that cannot be removed stays, and the task counts as stopped. The directory is
// containerd's memory only where a containerd keeps it: somebody else's, or that
// of a daemon which is down, is no answer. Hence, unless the task runs, one that
// uses this very directory has to run, and to take a connection on one of its
// sockets.
//
// A container of containerd's can be without a task; then nothing is mounted for
// it, and here it is NoSuch. Running is told by the file init.pid in the bundle;
// without it a task is taken to run.
func Task(ctx context.Context, state, namespace, id string) (Answer, error) {
	if err := errors.Join(oneName(namespace), oneName(id)); err != nil {
		return Unknown, err
	}
	return bundle(ctx, state, filepath.Join(tasks, namespace, id))
}

// Sandbox says what containerd's CRI plugin knows about a pod sandbox, by the
// directory <state>/io.containerd.grpc.v1.cri/sandboxes/<id>, which is there from
// before the pod's shm is mounted until the sandbox is removed (containerd
// internal/cri/server/sandbox_run.go and sandbox_remove.go). It runs if its
// task does. About the containerd that has to run: see Task.
func Sandbox(ctx context.Context, state, id string) (Answer, error) {
	if err := oneName(id); err != nil {
		return Unknown, err
	}
	if err := containerdOf(ctx, state); err != nil {
		return Unknown, err
	}
	there, err := exists(filepath.Join(state, sandboxes, id))
	if err != nil {
		return Unknown, err
	}
	task, err := ofBundle(filepath.Join(state, tasks, criNamespace, id))
	if err != nil {
		return Unknown, err
	}
	if there && task == NoSuch {
		return Stopped, nil
	}
	return task, nil
}

// oneName refuses what is not the name of a directory.
func oneName(name string) error {
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		return fmt.Errorf("%q is no id of containerd's", name)
	}
	return nil
}

// bundle answers by a bundle below a state directory.
func bundle(ctx context.Context, state, path string) (Answer, error) {
	path = filepath.Join(state, path)
	// A container that runs has a shim, whatever became of its containerd.
	if answer, err := ofBundle(path); answer == Running || err != nil {
		return answer, err
	}
	// What is on the disk of a daemon that starts just now is not its memory yet.
	if err := containerdOf(ctx, state); err != nil {
		return Unknown, err
	}
	return ofBundle(path)
}

// maxPID is more than the digits of a pid.
const maxPID = 32

// ofBundle tells by a bundle whether its task runs.
func ofBundle(dir string) (Answer, error) {
	there, err := exists(dir)
	if err != nil {
		return Unknown, err
	}
	if !there {
		return NoSuch, nil
	}
	// Written by runc for its shim. The number can be somebody else's by now, and
	// then it is the wrong answer on the safe side.
	data, _, err := config.ReadFile(filepath.Join(dir, "init.pid"), maxPID)
	if err != nil {
		return Running, nil //nolint:nilerr // not one of runc's, or just being made
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || pid <= 0 {
		return Running, nil //nolint:nilerr // not one of runc's
	}
	if alive, err := exists("/proc/" + strconv.Itoa(pid)); alive || err != nil {
		return Running, err
	}
	return Stopped, nil
}

// containerdOf makes sure that a containerd of this host keeps a state directory
// and answers.
func containerdOf(ctx context.Context, state string) error {
	running, err := engine.Running(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	var errs []error
	for _, p := range running {
		if p.Nested || p.Name != "containerd" && p.Name != "docker-containerd" {
			continue
		}
		dir, err := stateOf(p)
		same := false
		if err == nil {
			same, err = sameDirectory(p.PID, dir, state)
		}
		if same {
			if err = answers(ctx, p.PID); err == nil {
				return nil
			}
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("%w whose state directory is %s: %w", ErrNoAnswer, state, oneOf(errs))
}

// answers makes sure that a process takes connections.
func answers(ctx context.Context, pid int) error {
	sockets, err := Sockets(pid)
	if err != nil {
		return err
	}
	errs := []error{fmt.Errorf("process %d listens on no socket that is here", pid)}
	for _, socket := range sockets {
		err := listens(ctx, socket, pid)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// containerd asks whose a directory of containerd's is.
func (l located) containerd(ctx context.Context, owner *Owner) (err error) {
	kind, _, _ := strings.Cut(l.kind(), "/")
	switch {
	case kind == tasks, kind == tasksV1, kind == shimSandboxes:
		owner.Container = strings.Join(l.names[1:], "/")
		owner.State, err = bundle(ctx, l.root.Resolved, filepath.Join(l.names...))
	case l.kind() == sandboxes:
		owner.Container = l.last()
		owner.State, err = Sandbox(ctx, l.root.Resolved, l.last())
	default:
		// Which container has a snapshot is in a database that is locked.
		return l.errNobodyKnows()
	}
	if err != nil {
		return err
	}
	owner.Why = fmt.Sprintf("containerd on %s: %s: %s", l.root.Resolved, strings.Join(l.names, "/"), owner.State)
	return nil
}
