package crio

import (
	"testing"

	"github.com/unbusy/unbusy/integration/cri"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/integration/observe"
)

// TestAgentFromBefore removes a pod next to an agent that was started without
// unbusy, with private copies of everything. What the pod leaves is let go with
// its infra container: without one nothing of a pod's end reaches a runtime, and
// `unbusy sweep` is what remains.
func TestAgentFromBefore(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []host.CRIOOption
		pod     []cri.PodOption
		infra   bool
	}{
		{"processes in common", nil, nil, true},
		{"drop_infra_ctr is off", []host.CRIOOption{host.CRIOInfra()}, []cri.PodOption{cri.OwnPIDs()}, true},
		{"no infra container", nil, []cri.PodOption{cri.OwnPIDs()}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			runtime := h.WithoutOOMScore(host.Program(t, "unbusy-runtime"))
			engine := cri.CRIO(t, h.CRIO(append(test.options, handler(runtime, ""))...))
			for _, runtime := range []string{"runc", "unbusy"} {
				volume, at := podVolume(h, runtime)
				victim := engine.Pod("victim-"+runtime, append(test.pod, cri.Under(runtime), cri.Labels())...)
				app := victim.Run("app", cri.HostPath(at, "/data"))
				bystander := engine.Pod("bystander-"+runtime, append(test.pod, cri.Under(runtime), cri.Labels())...)
				beside := bystander.Run("app")
				agent := agentPod(t, engine, runtime, rootByLink(t, h), cri.Under("runc"))
				t.Cleanup(func() { _ = beside.TryStop() })

				app.Stop()
				app.Remove()
				victim.Stop()
				victim.Remove()
				volume.Unmount(at)
				requireBusy(t, volume, runtime == "runc" || !test.infra, runtime+": a pod that is gone")
				for kind, m := range podMounts(t, bystander, beside) {
					if kind != rootfs && host.Held(t, agent.Pid(), m) == 0 {
						t.Errorf("%s: the agent has lost the %s of another pod", runtime, kind)
					}
				}
				if got := unbusy(t, "sweep", volume.Device()); got.status != 0 {
					t.Errorf("%s: sweep has status %d: %s%s", runtime, got.status, got.stdout, got.stderr)
				}
				requireBusy(t, volume, false, runtime+": a device that is swept")
				if got := beside.Exec("echo", "alive"); got != "alive\n" {
					t.Errorf("%s: the bystander says %q", runtime, got)
				}
				_ = agent.TryStop()
			}
		})
	}
}

func requireBusy(t *testing.T, volume *host.Volume, want bool, what string) {
	t.Helper()
	busy, err := observe.Busy(volume.Device())
	if err != nil {
		t.Fatal(err)
	}
	if busy != want {
		t.Errorf("%s: the device is busy: %v", what, busy)
	}
}
