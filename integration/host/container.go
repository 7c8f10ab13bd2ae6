package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// namespace is the one of containerd that ctr uses unless told otherwise.
const namespace = "default"

// Container is a running container that was made by ctr.
type Container struct {
	c   *Containerd
	id  string
	pid int
}

// ContainerOption changes how a container is run.
type ContainerOption func(*containerOptions)

type containerOptions struct {
	handler     string
	mounts      []string
	annotations []string
	flags       []string
	log         string
	args        []string
}

// Bind mounts a directory of the host into the container, with the options a
// specification would have.
func Bind(source, destination string, options ...string) ContainerOption {
	return func(o *containerOptions) {
		o.mounts = append(o.mounts, fmt.Sprintf("type=bind,src=%s,dst=%s,options=%s",
			source, destination, strings.Join(options, ":")))
	}
}

// Annotation puts an annotation into the container's specification.
func Annotation(key, value string) ContainerOption {
	return func(o *containerOptions) { o.annotations = append(o.annotations, key+"="+value) }
}

// Under runs the container under a runtime that containerd was given by Runtime,
// or under runc.
func Under(handler string) ContainerOption {
	return func(o *containerOptions) { o.handler = handler }
}

// Flags are flags of ctr run beside those that there are options for.
func Flags(flags ...string) ContainerOption {
	return func(o *containerOptions) { o.flags = append(o.flags, flags...) }
}

// Output is a file that the container's output goes to. Without it there is no
// output that a shim would have to read.
func Output(file string) ContainerOption {
	return func(o *containerOptions) { o.log = file }
}

// Args is the container's command line. Without it the container sleeps.
func Args(args ...string) ContainerOption {
	return func(o *containerOptions) { o.args = args }
}

// Run runs a container in the background. It is killed and deleted with the
// test, if that has not happened by then.
func (c *Containerd) Run(id string, opts ...ContainerOption) *Container {
	c.h.t.Helper()
	o := containerOptions{handler: c.config.Runtimes[0].Name}
	for _, opt := range opts {
		opt(&o)
	}
	pidFile := filepath.Join(c.h.dir, id+".pid")
	args := []string{
		"run", "--detach", "--pid-file", pidFile,
		"--cgroup", c.h.Cgroup(id),
	}
	if o.log == "" {
		args = append(args, "--null-io")
	} else {
		args = append(args, "--log-uri", "file://"+o.log)
	}
	args = append(args, c.runtimeArgs(o.handler)...)
	args = append(args, o.flags...)
	for _, m := range o.mounts {
		args = append(args, "--mount", m)
	}
	for _, a := range o.annotations {
		args = append(args, "--annotation", a)
	}
	c.Image(namespace)
	k := &Container{c: c, id: id}
	c.h.t.Cleanup(func() { k.discard() })
	c.Ctr(append(append(args, c.image, id), o.args...)...)
	content, err := os.ReadFile(pidFile)
	if err == nil {
		k.pid, err = strconv.Atoi(strings.TrimSpace(string(content)))
	}
	if err != nil {
		c.h.t.Fatalf("run %s: %v", id, err)
	}
	return k
}

// ID is the container's name.
func (k *Container) ID() string { return k.id }

// Pid is the pid of the container's first process.
func (k *Container) Pid() int { return k.pid }

// Bundle is the directory with the container's config.json.
func (k *Container) Bundle() string {
	return filepath.Join(k.c.config.State, "io.containerd.runtime.v2.task", namespace, k.id)
}

// Rootfs is where the container's root file system is mounted on the host.
func (k *Container) Rootfs() string { return filepath.Join(k.Bundle(), "rootfs") }

// Exec runs a command in the container and returns what it wrote. The shim writes
// that to a file: of what comes through a pipe, ctr on a busy machine loses what
// it has not read when the command has ended (containerd client/process.go,
// Delete).
func (k *Container) Exec(args ...string) string {
	k.c.h.t.Helper()
	log := filepath.Join(k.c.h.dir, "exec-"+k.id+".log")
	if err := os.WriteFile(log, nil, 0o644); err != nil {
		k.c.h.t.Fatalf("execute in %s: %v", k.id, err)
	}
	_, err := k.c.ctr(append([]string{"task", "exec", "--exec-id", "exec", "--log-uri", "file://" + log, k.id}, args...)...)
	said, readErr := os.ReadFile(log)
	if err != nil || readErr != nil {
		k.c.h.t.Fatalf("execute in %s: %v: %s", k.id, errors.Join(err, readErr), said)
	}
	return string(said)
}

// Stop kills the container and waits until its task is gone and its root file
// system is unmounted.
func (k *Container) Stop() {
	k.c.h.t.Helper()
	if err := k.stop(); err != nil {
		k.c.h.t.Fatalf("stop %s: %v", k.id, err)
	}
}

func (k *Container) stop() error {
	_, err := k.c.ctr("task", "delete", "--force", k.id)
	return err
}

// Delete removes a stopped container and its snapshot.
func (k *Container) Delete() {
	k.c.h.t.Helper()
	k.c.Ctr("container", "delete", k.id)
}

// discard gets rid of what is left of the container, for the end of a test.
func (k *Container) discard() {
	if out, err := k.c.ctr("container", "list", "--quiet"); err != nil || !strings.Contains("\n"+out, "\n"+k.id+"\n") {
		return
	}
	// Without a task there is nothing to stop, and what could not be deleted
	// ends with the host.
	_ = k.stop()
	_, _ = k.c.ctr("container", "delete", k.id)
}
