package install_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/hosttest"
)

func TestResolve(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write("/srv/engine/config", "x")
	tree.Link("/etc/absolute", "/srv/engine")
	tree.Link("/etc/relative", "../srv/engine/config")
	tree.Link("/etc/out", "../../../../../../../../../../srv/engine/config")
	tree.Link("/etc/dangling", "/srv/engine/none")
	tree.Link("/etc/loop", "loop")
	host := tree.Request("docker").Host
	for path, want := range map[string]string{
		"/srv/engine/config":         "/srv/engine/config",
		"/etc/absolute/config":       "/srv/engine/config",
		"/etc/relative":              "/srv/engine/config",
		"/etc/out":                   "/srv/engine/config",
		"/../../etc/./out":           "/srv/engine/config",
		"/etc/dangling":              "/srv/engine/none",
		"/none/at/all":               "/none/at/all",
		"/srv/engine/config/in/file": "/srv/engine/config/in/file",
		"/":                          "/",
	} {
		if got, err := host.Resolve(path); err != nil || got != want {
			t.Errorf("%s leads to %s, %v; want %s", path, got, err, want)
		}
	}
	for _, path := range []string{"/etc/loop", "relative", ""} {
		if got, err := host.Resolve(path); err == nil {
			t.Errorf("%q leads to %s", path, got)
		}
	}
}

func TestRead(t *testing.T) {
	tree := hosttest.New(t)
	tree.Write("/etc/empty", "")
	tree.Write("/etc/large", strings.Repeat("x", 1<<20+1))
	tree.Write("/etc/dir/file", "")
	if err := syscall.Mkfifo(tree.Path("/etc/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	host := tree.Request("docker").Host
	if _, data, err := host.Read("/etc/empty"); err != nil || data == nil {
		t.Errorf("the empty file: %v, %v", data, err)
	}
	for _, path := range []string{"/etc/none", "/etc/empty/none", "/none/none"} {
		if where, data, err := host.Read(path); err != nil || data != nil || where != path {
			t.Errorf("no file: %q, %v, %v", where, data, err)
		}
	}
	for _, path := range []string{"/etc/large", "/etc/dir", "/etc/pipe"} {
		if _, _, err := host.Read(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

// Whoever makes the tree must not get a file outside of it changed or removed.
func TestHostileLinks(t *testing.T) {
	outside := t.TempDir()
	victim := outside + "/config"
	if err := os.WriteFile(victim, []byte("outside\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string][2]string{
		"the file":      {configFile, victim},
		"the directory": {"/etc/engine", outside},
		"the state":     {"/var/lib/unbusy", outside},
		"up and out":    {configFile, strings.Repeat("../", 30) + victim},
	} {
		t.Run(name, func(t *testing.T) {
			tree := hosttest.New(t)
			tree.Link(link[0], link[1])
			request := tree.Request("docker")
			plan := func(_ context.Context, request install.Request) (install.Plan, error) {
				where, now, err := request.Host.Read(configFile)
				return install.Plan{Engine: "docker", Files: []install.File{{Path: where, Before: now, After: []byte("ours\n"), Ours: true}}}, err
			}
			if _, err := install.Do(t.Context(), request, plan); err == nil {
				tree.Do(request, takeBack)
			}
			names, err := os.ReadDir(outside)
			if err != nil || len(names) != 1 {
				t.Errorf("outside of the tree there is %v, %v", names, err)
			}
			if text, err := os.ReadFile(victim); err != nil || string(text) != "outside\n" {
				t.Errorf("the file outside of the tree holds %q, %v", text, err)
			}
		})
	}
}

func TestOpenHost(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"relative", file, file + "none"} {
		if host, err := install.OpenHost(prefix); err == nil {
			_ = host.Close()
			t.Errorf("%q is a host", prefix)
		}
	}
}

func TestOutput(t *testing.T) {
	host, err := install.OpenHost("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	sh := host.LookPath("sh")
	if out, err := host.Output(t.Context(), sh, "-c", "echo out; pwd; echo err >&2"); err != nil || string(out) != "out\n/\n" {
		t.Errorf("output %q, %v", out, err)
	}
	_, err = host.Output(t.Context(), sh, "-c", "echo first >&2; echo last >&2; exit 3")
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3: last") {
		t.Errorf("error %v", err)
	}
	if _, err := host.Output(t.Context(), sh, "-c", "head -c 2000000 /dev/zero"); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("error %v", err)
	}
	if path := host.LookPath("no-such-program"); path != "" {
		t.Errorf("found %s", path)
	}
}
