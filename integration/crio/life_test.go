package crio

import (
	"strings"
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
)

// TestDefault has unbusy as the default runtime, for pods that name no handler.
func TestDefault(t *testing.T) {
	h := newHost(t)
	engine := cri.CRIO(t, h.CRIO(handler(host.Program(t, "unbusy-runtime"), `default_runtime = "unbusy"`)))
	if got := leftOfPod(t, engine, nil, nil); got != 0 {
		t.Errorf("the agent holds %d copies of the shared memory of a pod that is stopped", got)
	}
}

// TestOptOut has an agent that asks to be left alone, by an annotation of its pod
// or of its container: CRI-O hands both on to the runtime, and nothing has to be
// allowed for it.
func TestOptOut(t *testing.T) {
	h := newHost(t)
	engine := cri.CRIO(t, h.CRIO(handler(host.Program(t, "unbusy-runtime"), `default_runtime = "unbusy"`)))
	const key, value = "unbusy.io/propagation", "keep"
	for _, test := range []struct {
		where     string
		pod       []cri.PodOption
		container []cri.ContainerOption
	}{
		{"pod", []cri.PodOption{cri.PodAnnotation(key, value)}, nil},
		{"container", nil, []cri.ContainerOption{cri.Annotation(key, value)}},
	} {
		if leftOfPod(t, engine, test.pod, test.container) == 0 {
			t.Errorf("an agent with the annotation on its %s holds nothing", test.where)
		}
	}
}

// TestAllowedAnnotations shows why the drop-in has no allowed_annotations.
func TestAllowedAnnotations(t *testing.T) {
	h := newHost(t)
	text, err := h.TryCRIO(host.CRIODropIn("50-unbusy.conf", `
[crio.runtime.runtimes.runc]
allowed_annotations = ["unbusy.io/propagation"]
`))
	if err == nil || !strings.Contains(err.Error(), "invalid allowed_annotation") {
		t.Errorf("CRI-O starts: %s %v", text, err)
	}
}

// TestRestart restarts CRI-O while pods run: they go on, under the same handler,
// and end as they would have.
func TestRestart(t *testing.T) {
	h := newHost(t)
	c := h.CRIO(handler(host.Program(t, "unbusy-runtime"), `default_runtime = "unbusy"`))
	engine := cri.CRIO(t, c)
	victim := engine.Pod("victim", cri.OwnPIDs())
	app := victim.Run("app")
	agent := agentPod(t, engine, "", "/run")
	mounts := podMounts(t, victim, app)

	c.Kill()
	c.Restart()
	engine.Await()
	if !victim.Ready() || !app.Running() || !agent.Running() {
		t.Errorf("after a restart the pod is ready: %v, its container runs: %v, the agent runs: %v", victim.Ready(), app.Running(), agent.Running())
	}
	if got := app.Exec("echo", "alive"); got != "alive\n" {
		t.Errorf("the container says %q", got)
	}
	app.Stop()
	app.Remove()
	victim.Stop()
	if n := host.Held(t, agent.Pid(), mounts[shm]); n != 0 {
		t.Errorf("the agent holds %d copies of the shared memory", n)
	}
	victim.Remove()
}

// TestHandlerGone takes the handler away while a pod runs under it: the pod goes
// on, and CRI-O can do nothing with it until the name is there again. It may be
// the runtime's alone then, with the same directory for its state.
func TestHandlerGone(t *testing.T) {
	h := newHost(t)
	c := h.CRIO(handler(host.Program(t, "unbusy-runtime"), ""))
	engine := cri.CRIO(t, c)
	pod := engine.Pod("pod", cri.OwnPIDs(), cri.Under("unbusy"))
	app := pod.Run("app")
	again := func(text string) {
		c.Kill()
		c.DropIn("50-unbusy.conf", text)
		c.Restart()
		engine.Await()
		if !app.Running() {
			t.Error("the container does not run any more")
		}
	}
	again("")
	if err := app.TryStop(); err == nil || !strings.Contains(err.Error(), "failed to find runtime handler unbusy") {
		t.Errorf("the container is stopped under a handler that is gone: %v", err)
	}
	again(handlerText(h.Debian("runc", "runc"), ""))
	app.Stop()
	app.Remove()
	pod.Stop()
	pod.Remove()
}

// leftOfPod counts the copies that an agent has of the shared memory of a pod
// that is stopped. The agent is of the given kind and binds /run.
func leftOfPod(t *testing.T, engine *cri.Engine, pod []cri.PodOption, container []cri.ContainerOption) int {
	t.Helper()
	victim := engine.Pod("victim", cri.OwnPIDs())
	app := victim.Run("app")
	sandbox := engine.Pod("agent", append(pod, cri.OwnPIDs(), cri.HostNetwork())...)
	agent := sandbox.Run("agent", append(container, cri.HostPath("/run", "/host"))...)
	m := podMounts(t, victim, app)[shm]
	if host.Held(t, agent.Pid(), m) == 0 {
		t.Fatal("the agent does not see the shared memory, there is nothing to show")
	}
	app.Stop()
	app.Remove()
	victim.Stop()
	n := host.Held(t, agent.Pid(), m)
	victim.Remove()
	agent.Stop()
	agent.Remove()
	sandbox.Stop()
	sandbox.Remove()
	return n
}
