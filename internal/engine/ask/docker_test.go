package ask

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serve answers on a unix socket.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	socket := filepath.Join(dir(t), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return socket
}

func TestDocker(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   Answer
	}{
		{"running", 200, `{"Id":"ID","State":{"Running":true,"Status":"running"}}`, Running},
		{"paused", 200, `{"Id":"ID","State":{"Running":true,"Paused":true}}`, Running},
		{"between two runs", 200, `{"Id":"ID","State":{"Running":false,"Restarting":true}}`, Running},
		{"exited", 200, `{"Id":"ID","State":{"Running":false,"Status":"exited"}}`, Stopped},
		{"dead", 200, `{"Id":"ID","State":{"Dead":true,"Status":"removing"}}`, Stopped},
		{"another one", 200, `{"Id":"other","State":{"Running":false}}`, Unknown},
		{"no JSON", 200, `<html>`, Unknown},
		{"gone", 404, `{"message":"No such container: ID"}`, NoSuch},
		{"gone, before 1.13", 404, `{"message":"no such container: ID"}`, NoSuch},
		{"no page", 404, `{"message":"page not found"}`, Unknown},
		{"no dockerd", 404, `No such container`, Unknown},
		{"it fails", 500, `{"message":"No such container: ID"}`, Unknown},
		{"elsewhere", 301, `{}`, Unknown},
		{"nothing", 204, ``, Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			socket := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/containers/"+idA+"/json" {
					t.Errorf("asked for %s", r.URL)
				}
				if test.status == http.StatusMovedPermanently {
					w.Header().Set("Location", "/containers/"+idB+"/json")
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(strings.ReplaceAll(test.body, "ID", idA)))
			}))
			got, err := Docker(t.Context(), socket, idA)
			if got != test.want || (err != nil) != (test.want == Unknown) {
				t.Errorf("%s, %v, want %s", got, err, test.want)
			}
		})
	}
}

// TestNobodyAnswers has everything but an answer.
func TestNobodyAnswers(t *testing.T) {
	if got, err := Docker(t.Context(), filepath.Join(dir(t), "none"), idA); got != Unknown || err == nil {
		t.Errorf("no socket: %s, %v", got, err)
	}
	asked := 0
	silent := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked++; <-r.Context().Done() }))
	for _, id := range []string{"", "name", idA[:12], strings.ToUpper(idA), "../../" + idA} {
		if got, err := Docker(t.Context(), silent, id); got != Unknown || err == nil || asked != 0 {
			t.Errorf("%q: %s, %v, asked %d times", id, got, err, asked)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := Docker(ctx, silent, idA); got != Unknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silence: %s, %v", got, err)
	}
}

func TestDockerNetns(t *testing.T) {
	containers := []map[string]any{
		{"Id": idA, "State": map[string]any{"Running": false}, "NetworkSettings": map[string]any{"SandboxKey": ""}},
		{"Id": idB, "State": map[string]any{"Running": true}, "NetworkSettings": map[string]any{"SandboxKey": "/run/docker/netns/0123456789ab"}},
	}
	data, err := json.Marshal(containers)
	if err != nil {
		t.Fatal(err)
	}
	top := dir(t)
	write(t, top, map[string]string{"containers": string(data)})
	socket := serve(t, dockerAPI("/", filepath.Join(top, "containers")))
	for key, want := range map[string]struct {
		id     string
		answer Answer
	}{
		"0123456789ab": {idB, Running},
		"0123456789ac": {"", NoSuch},
		"default":      {"", Unknown},
		"abcdef":       {"", Unknown},
		"ingress_sbox": {"", Unknown},
		"1-abcdefabcd": {"", Unknown},
	} {
		id, answer, err := dockerNetns(t.Context(), socket, key)
		if id != want.id || answer != want.answer || (err != nil) != (answer == Unknown) {
			t.Errorf("%s: %s, %s, %v", key, id, answer, err)
		}
	}
	write(t, top, map[string]string{"containers": "[{"})
	if _, answer, err := dockerNetns(t.Context(), socket, "0123456789ac"); answer != Unknown || err == nil {
		t.Errorf("a list that fails: %s, %v", answer, err)
	}
}

func TestDockerLayer(t *testing.T) {
	top := dir(t)
	write(t, top, map[string]string{
		"image/overlay2/layerdb/mounts/" + idA + "/mount-id": layer,
		"image/overlay2/layerdb/mounts/" + idA + "/init-id":  layer + "-init",
		"image/overlay2/layerdb/mounts/" + idB + "/init-id":  "being made",
		"image/overlay2/layerdb/sha256/" + idB + "/cache-id": idB,
		"image/overlay2/layerdb/tmp/x/cache-id":              "tmp",
	})
	for name, want := range map[string]string{layer: idA, layer + "-init": idA, idA: ""} {
		if got, err := dockerLayer(top, "overlay2", name); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	for _, image := range []string{idB, "tmp"} {
		if got, err := dockerLayer(top, "overlay2", image); got != "" || !errors.Is(err, errImageLayer) {
			t.Errorf("image: %q, %v", got, err)
		}
	}
	if got, err := dockerLayer(top, "btrfs", layer); got != "" || err == nil {
		t.Errorf("another driver: %q, %v", got, err)
	}
	write(t, top, map[string]string{"image/zfs/layerdb/mounts": "no directory"})
	if got, err := dockerLayer(top, "zfs", layer); got != "" || err == nil {
		t.Errorf("unreadable: %q, %v", got, err)
	}
}
