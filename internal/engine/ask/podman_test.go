package ask

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unbusy/unbusy/internal/roots"
)

// script makes a program that stands for a podman in a state that cannot be
// produced at will.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(dir(t), "podman")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPodman(t *testing.T) {
	store := Store{"/graph", "/run root", "overlay", dir(t)}
	write(t, store.TmpDir, map[string]string{"alive": ""})
	exists := `[ "$*" = "--root /graph --runroot /run root --tmpdir ` + store.TmpDir + ` --storage-driver overlay container exists --external ` + idA + `" ] && `
	for _, test := range []struct {
		name, script string
		want         Answer
	}{
		{"running", exists + "exit 0\necho " + idA + " running", Running},
		{"exited", exists + "exit 0\necho " + idA + " exited", Stopped},
		{"just made", exists + "exit 0\necho " + idA + " created", Stopped},
		{"another one", exists + "exit 0\necho " + idB + " exited", Running},
		{"not podman's", exists + "exit 0\nexit 125", Running},
		{"gone", exists + "exit 1\nexit 125", NoSuch},
		{"fails", "exit 125", Unknown},
		{"is no podman", "exit 2", Unknown},
		{"killed", "kill -9 $$", Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Podman(t.Context(), script(t, test.script), store, idA)
			if got != test.want || (err != nil) != (test.want == Unknown) {
				t.Errorf("%s, %v, want %s", got, err, test.want)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	slow := script(t, "trap 'exit 1' TERM\nread forever <>"+fifo(t))
	if got, err := Podman(ctx, slow, store, idA); got != Unknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silence: %s, %v", got, err)
	}
	if got, err := Podman(t.Context(), "/no/podman", store, idA); got != Unknown || err == nil {
		t.Errorf("no program: %s, %v", got, err)
	}
	store.TmpDir = dir(t)
	if got, err := Podman(t.Context(), script(t, "exit 1"), store, idA); got != Unknown || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("never used since the boot: %s, %v", got, err)
	}
	if got, err := Podman(t.Context(), script(t, "exit 1"), store, "name"); got != Unknown || err == nil {
		t.Errorf("a name: %s, %v", got, err)
	}
}

func TestContainerOfLayer(t *testing.T) {
	s := Store{GraphRoot: dir(t), RunRoot: dir(t), Driver: "overlay"}
	if _, _, err := s.containerOfLayer(layer); err == nil {
		t.Error("there is no store")
	}
	write(t, s.GraphRoot, map[string]string{
		"overlay-layers/layers.json":                  `[{"id":"top"},{"id":"base"},{"id":"v"}]`,
		"overlay-containers/containers.json":          `[{"id":"c","layer":"top"}]`,
		"overlay-containers/volatile-containers.json": `[{"id":"vc","layer":"v"}]`,
	})
	write(t, s.RunRoot, map[string]string{
		"overlay-containers/containers.json": `[{"id":"rc","layer":"r"}]`,
	})
	for layer, want := range map[string]struct {
		container string
		known     bool
	}{"top": {"c", true}, "v": {"vc", true}, "r": {"rc", true}, "base": {"", true}, "gone": {"", false}} {
		if container, known, err := s.containerOfLayer(layer); container != want.container || known != want.known || err != nil {
			t.Errorf("%s: %q, %v, %v", layer, container, known, err)
		}
	}
	write(t, s.GraphRoot, map[string]string{"overlay-containers/volatile-containers.json": `[{`})
	if _, _, err := s.containerOfLayer("gone"); err == nil {
		t.Error("an index that is cut is no index")
	}
}

func TestStoreOf(t *testing.T) {
	graph := roots.Root{Engine: roots.Podman, Kind: roots.GraphRoot, Resolved: "/g"}
	run := roots.Root{Engine: roots.CRIO, Kind: roots.RunRoot, Resolved: "/r"}
	other := roots.Root{Engine: roots.Podman, Kind: roots.RunRoot, Resolved: "/r2"}
	docker := roots.Root{Engine: roots.Docker, Kind: roots.RunRoot, Resolved: "/d"}
	for _, test := range []struct {
		name  string
		root  roots.Root
		known []roots.Root
		ok    bool
	}{
		{"graph root", graph, []roots.Root{docker, graph, run, run}, true},
		{"run root", run, []roots.Root{graph, run, other}, true},
		{"two run roots", graph, []roots.Root{graph, run, other}, false},
		{"no run root", graph, []roots.Root{graph, docker}, false},
	} {
		got, err := located{root: test.root}.store("overlay", test.known)
		got.TmpDir = ""
		if (err == nil) != test.ok || test.ok && got != (Store{"/g", "/r", "overlay", ""}) {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
}
