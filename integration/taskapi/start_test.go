package taskapi

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	bootstrap "github.com/containerd/containerd/api/runtime/bootstrap/v1"
	"github.com/containerd/containerd/api/types/runc/options"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// outcome is what a program that has ended leaves its caller.
type outcome struct {
	status         int
	stdout, stderr string
}

// command is a call of the shim's binary.
type command struct {
	args  []string
	stdin []byte
	dir   string
	env   []string // in addition to the daemon's
	by    []string // a command that calls it
}

// call calls the shim's binary as the daemon would.
func (p place) call(t *testing.T, s subject, c command) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	line := slices.Concat(c.by, []string{s.path}, c.args)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir, cmd.Stdin = c.dir, bytes.NewReader(c.stdin)
	cmd.Env = append(p.env(), c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %s: %v: %s", s.path, strings.Join(c.args, " "), errors.Join(err, ctx.Err()), stderr.String())
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// startOptions are how a start differs from the plainest one.
type startOptions struct {
	runc      *options.Options
	debug     bool
	socketDir string
	env       []string
	by        []string
}

// startCommand is how the daemon that a subject is meant for starts a shim for a
// bundle.
func (p place) startCommand(t *testing.T, s subject, id string, o startOptions) command {
	t.Helper()
	c := command{dir: p.bundle(id), env: o.env, by: o.by, args: p.args(id, "start")}
	var runc *anypb.Any
	if o.runc != nil {
		runc = envelope(t, o.runc)
	}
	level := bootstrap.LogLevel_LOG_LEVEL_INFO
	if o.debug {
		level = bootstrap.LogLevel_LOG_LEVEL_DEBUG
		c.args = append([]string{"-debug"}, c.args...)
	}
	if s.old {
		if runc != nil {
			c.stdin = marshal(t, runc)
		}
		return c
	}
	params := &bootstrap.BootstrapParams{
		InstanceID: id, Namespace: p.namespace, LogLevel: level, ContainerdVersion: "2.4.2",
		ContainerdGrpcAddress: p.grpc(), ContainerdTtrpcAddress: p.ttrpc(), ContainerdBinary: "/proc/self/exe",
	}
	if o.socketDir != "" {
		params.SocketDir = &o.socketDir
	}
	if runc != nil {
		if err := params.AddExtension(runc); err != nil {
			t.Fatal(err)
		}
	}
	c.stdin = marshal(t, params)
	return c
}

// args are the flags that every daemon gives, and what the shim is to do.
func (p place) args(id string, action ...string) []string {
	return append([]string{"-namespace", p.namespace, "-address", p.grpc(), "-publish-binary", "/proc/self/exe", "-id", id}, action...)
}

// address is what start answered. Anything besides, on standard output or
// standard error, breaks a daemon, which reads both as one.
func (s subject) address(t *testing.T, o outcome) string {
	t.Helper()
	if o.status != 0 || o.stderr != "" {
		t.Fatalf("%s: start ended with %d and said %q and %q", s.name, o.status, o.stdout, o.stderr)
	}
	if s.old {
		return o.stdout
	}
	var result bootstrap.BootstrapResult
	if err := proto.Unmarshal([]byte(o.stdout), &result); err != nil {
		t.Fatalf("%s: start said %q: %v", s.name, o.stdout, err)
	}
	if !bytes.Equal(marshal(t, &result), []byte(o.stdout)) {
		t.Errorf("%s: start said more than its answer: %q", s.name, o.stdout)
	}
	return result.Address
}

// envelope wraps a message as containerd does, whose type URLs have no host.
func envelope(t *testing.T, m proto.Message) *anypb.Any {
	t.Helper()
	return &anypb.Any{TypeUrl: string(m.ProtoReflect().Descriptor().FullName()), Value: marshal(t, m)}
}

func marshal(t *testing.T, m proto.Message) []byte {
	t.Helper()
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
