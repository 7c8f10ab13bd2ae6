package shim

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/pkg/shim"
)

func TestRootsOf(t *testing.T) {
	for bundle, want := range map[string]string{
		"/run/containerd/io.containerd.runtime.v2.task/k8s.io/a": "/run/containerd",
		"/srv/x/io.containerd.runtime.v2.task/default/a":         "/srv/x",
		"/io.containerd.runtime.v2.task/default/a":               "", // all of the host
		"io.containerd.runtime.v2.task/default/a":                "",
		"/run/containerd/other/default/a":                        "",
		"/a":                                                     "",
		"":                                                       "",
	} {
		found := rootsOf(bundle)
		got := ""
		if len(found) == 1 {
			got = found[0].Path
		}
		if got != want || len(found) > 1 {
			t.Errorf("%q: %+v", bundle, found)
		}
	}
}

// TestBundleOf asks in a container's bundle for it and for another container of
// its pod.
func TestBundleOf(t *testing.T) {
	cwd := filepath.Join(t.TempDir(), "ns", "sandbox")
	if err := os.MkdirAll(cwd, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(cwd)
	ctx := t.Context()
	if got, err := bundleOf(ctx, "app"); err != nil || got != filepath.Join(filepath.Dir(cwd), "app") {
		t.Errorf("got %s, %v", got, err)
	}
	ctx = contextWith(ctx, shim.Opts{BundlePath: "/elsewhere/app"})
	if got, err := bundleOf(ctx, "app"); err != nil || got != "/elsewhere/app" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestPodLives has a pod with one more container.
func TestPodLives(t *testing.T) {
	dir := t.TempDir()
	sandbox := container{bundle: filepath.Join(dir, "bundles/sandbox"), state: filepath.Join(dir, "state/sandbox")}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !podLives(sandbox, "sandbox") {
		t.Error("where no bundle can be read nobody is known to be gone")
	}
	write("bundles/sandbox/config.json", `{"annotations":{"io.kubernetes.cri.sandbox-id":"sandbox"}}`)
	write("state/sandbox/state.json", "{}")
	write("bundles/stranger/config.json", `{"annotations":{"io.kubernetes.cri.sandbox-id":"other"}}`)
	write("state/stranger/state.json", "{}")
	write("bundles/odd/config.json", `[`)
	write("state/odd/state.json", "{}")
	write("bundles/app/config.json", `{"annotations":{"io.kubernetes.cri.sandbox-id":"sandbox"}}`)
	if podLives(sandbox, "sandbox") {
		t.Error("the runtime has no other container of the pod")
	}
	write("state/app/state.json", "{}")
	if !podLives(sandbox, "sandbox") {
		t.Error("the runtime has another container of the pod")
	}

	// Deleted at the same time, whichever is the last one ends the pod.
	app := container{bundle: filepath.Join(dir, "bundles/app"), state: filepath.Join(dir, "state/app")}
	first, second := podLeftBehind(sandbox, "sandbox", true), podLeftBehind(app, "app", false)
	if first.sandbox != "" || second.sandbox != "sandbox" {
		t.Errorf("the pod's sandbox is %q, and %q", first.sandbox, second.sandbox)
	}
	for _, step := range []struct {
		gone          string
		first, second bool
	}{{"state/app", true, false}, {"state/sandbox", true, true}} {
		if err := os.RemoveAll(filepath.Join(dir, step.gone)); err != nil {
			t.Fatal(err)
		}
		if first.ended() != step.first || second.ended() != step.second {
			t.Errorf("without %s the pod has ended for the sandbox: %v, for its container: %v", step.gone, first.ended(), second.ended())
		}
	}
	stranger := container{bundle: filepath.Join(dir, "bundles/odd"), state: filepath.Join(dir, "state/odd")}
	if p := podLeftBehind(stranger, "odd", false); p.sandbox != "" || !p.ended() {
		t.Errorf("a container of no pod: %+v", p)
	}
}

func contextWith(ctx context.Context, opts shim.Opts) context.Context {
	return context.WithValue(ctx, shim.OptsKey{}, opts)
}
