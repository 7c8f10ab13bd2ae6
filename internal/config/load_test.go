package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unbusy/unbusy/pkg/spec"
)

func TestLoad(t *testing.T) {
	with := func(change func(*Config)) Config {
		cfg := Default()
		change(&cfg)
		return cfg
	}
	tests := []struct {
		name    string
		text    string
		want    Config
		unknown []string
	}{
		{name: "empty", text: "", want: Default()},
		{name: "comments only", text: "# nothing\n\n", want: Default()},
		{
			name: "every key",
			text: `
runtime = "/usr/sbin/runc"
runtime_kind = "crun"
rewrite_read_only = false
honor_annotations = false
may_detach_mounts = false
detach_at_create = "on"
sweep_budget = "1.5s"
namespaces = "proc"
log = "none"

[[roots]]
engine = "docker"
path = "/srv/docker/"

[[roots]]
engine = "k3s"
path = "/data/k3s"

[[areas]]
root = "/srv/builder/./rootfs"
owner = "jobs/*/*"
`,
			want: Config{
				Runtime:        "/usr/sbin/runc",
				RuntimeKind:    KindCrun,
				DetachAtCreate: DetachOn,
				SweepBudget:    1500 * time.Millisecond,
				Namespaces:     NamespacesProc,
				Log:            LogNone,
				Roots:          []Root{{"docker", "/srv/docker"}, {"k3s", "/data/k3s"}},
				Areas:          []spec.Area{{Root: "/srv/builder/rootfs", Owner: "jobs/*/*"}},
			},
		},
		{
			name: "a name for the runtime",
			text: `runtime = "crun"`,
			want: with(func(c *Config) { c.Runtime = "crun" }),
		},
		{
			name: "one boolean leaves the others at their defaults",
			text: "rewrite_read_only = false",
			want: with(func(c *Config) { c.RewriteReadOnly = false }),
		},
		{
			name: "no sweep, and nothing detached at create",
			text: "sweep_budget = '0s'\ndetach_at_create = 'off'",
			want: with(func(c *Config) { c.SweepBudget, c.DetachAtCreate = 0, DetachOff }),
		},
		{
			name: "the longest sweep, and what is the default anyway",
			text: "sweep_budget = '10s'\ndetach_at_create = 'auto'\nnamespaces = 'auto'",
			want: with(func(c *Config) { c.SweepBudget = 10 * time.Second }),
		},
		{
			name:    "unknown keys are reported and the known ones still apply",
			text:    "rewrite_readonly = false\nlog = 'none'\n[sweep]\nbudget = '1s'\n[[roots]]\nengine = 'docker'\npath = '/d'\nkind = 'data'\n[[roots]]\nengine = 'crio'\npath = '/c'\nkind = 'run'\n",
			want:    with(func(c *Config) { c.Log = LogNone; c.Roots = []Root{{"docker", "/d"}, {"crio", "/c"}} }),
			unknown: []string{"rewrite_readonly", "sweep", "roots.kind"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, tt.text)
			cfg, unknown, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.File = path
			if !reflect.DeepEqual(cfg, tt.want) {
				t.Errorf("got  %+v\nwant %+v", cfg, tt.want)
			}
			if !reflect.DeepEqual(unknown, tt.unknown) {
				t.Errorf("unknown keys %q, want %q", unknown, tt.unknown)
			}
		})
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // in the error, FILE standing for the path
	}{
		{"syntax", "log = \"none\"\nrewrite_read_only = maybe\n", "FILE:2:21: "},
		{"wrong type", "\nhonor_annotations = \"yes\"\n", "FILE:2:21: "},
		{"kind", "runtime_kind = \"runsc\"\n", "FILE:1:16: "},
		{"log", "log = \"syslog\"\n", "FILE:1:7: "},
		{"budget without a unit", "sweep_budget = \"400\"\n", "FILE:1:16: "},
		{"budget that is a number", "sweep_budget = 400\n", "FILE: sweep_budget is "},
		{"no budget", "sweep_budget = \"\"\n", "FILE:1:16: "},
		{"negative budget", "log = \"none\"\nsweep_budget = \"-1ms\"\n", "FILE:2:16: "},
		{"budget without end", "sweep_budget = \"10.001s\"\n", "FILE:1:16: "},
		{"detach at create", "detach_at_create = \"always\"\n", "FILE:1:20: "},
		{"detach at create that is a boolean", "detach_at_create = true\n", "FILE: detach_at_create is "},
		{"namespaces", "namespaces = \"kernel\"\n", "FILE:1:14: "},
		{"relative root", "[[roots]]\nengine = \"docker\"\npath = \"var/lib/docker\"\n", "FILE:3:8: "},
		{"the whole host", "[[roots]]\nengine = \"docker\"\npath = \"/x/..\"\n", "FILE:3:8: "},
		{"empty engine", "[[roots]]\nengine = \"\"\npath = \"/x\"\n", "FILE: roots: entry 1 "},
		{"relative area", "[[areas]]\nroot = \"x\"\nowner = \"*\"\n", "FILE:2:8: "},
		{"area of the whole host", "[[areas]]\nroot = \"/\"\nowner = \"*\"\n", "FILE:2:8: "},
		{"absolute owner", "[[areas]]\nroot = \"/x\"\nowner = \"/y/*\"\n", "FILE:3:9: "},
		{"owner that leaves", "[[areas]]\nroot = \"/x\"\nowner = \"../y\"\n", "FILE:3:9: "},
		{"owner that is not clean", "[[areas]]\nroot = \"/x\"\nowner = \"y//*\"\n", "FILE:3:9: "},
		{"owner with a slash at the end", "[[areas]]\nroot = \"/x\"\nowner = \"y/\"\n", "FILE:3:9: "},
		{"half a wildcard", "[[areas]]\nroot = \"/x\"\nowner = \"y/a*/b\"\n", "FILE:3:9: "},
		{"empty owner", "[[areas]]\nroot = \"/x\"\nowner = \"\"\n", "FILE:3:9: "},
		{"root without path", "[[roots]]\nengine = \"docker\"\n", "FILE: roots: entry 1 "},
		{"root without engine", "[[roots]]\nengine = \"a\"\npath = \"/a\"\n[[roots]]\npath = \"/b\"\n", "FILE: roots: entry 2 "},
		{"area without owner", "[[areas]]\nroot = \"/x\"\n", "FILE: areas: entry 1 "},
		{"area without root", "[[areas]]\nowner = \"*\"\n", "FILE: areas: entry 1 "},
		{"too large", "#" + strings.Repeat("x", maxSize), "FILE: larger than 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, tt.text)
			cfg, unknown, err := Load(path)
			if err == nil {
				t.Fatal("no error")
			}
			if want := strings.ReplaceAll(tt.want, "FILE", path); !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not contain %q", err, want)
			}
			if !reflect.DeepEqual(cfg, Default()) || unknown != nil {
				t.Errorf("got %+v and unknown keys %q, want the defaults", cfg, unknown)
			}
		})
	}
}

func TestLoadLargestFile(t *testing.T) {
	text := "log = \"none\"\n#"
	path := write(t, text+strings.Repeat("x", maxSize-len(text)))
	if cfg, _, err := Load(path); err != nil || cfg.Log != LogNone {
		t.Errorf("a file of exactly the largest size: %+v, %v", cfg, err)
	}
}

// TestDefaults has what the documentation and the wrapper's promises are made
// on: the two deletes of a stop take less than half a second.
func TestDefaults(t *testing.T) {
	d := Default()
	if d.SweepBudget != 400*time.Millisecond || d.DetachAtCreate != DetachAuto || d.Namespaces != NamespacesAuto {
		t.Errorf("the defaults are %+v", d)
	}
}

func TestLoadAbsent(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "config.toml")} {
		cfg, unknown, err := Load(path)
		if err != nil || unknown != nil || !reflect.DeepEqual(cfg, Default()) {
			t.Errorf("%q: got %+v, %q, %v", path, cfg, unknown, err)
		}
	}
}

func TestLoadRefusesSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, dir, "/dev/zero"} {
		done := make(chan error, 1)
		go func() {
			cfg, _, err := Load(path)
			if !reflect.DeepEqual(cfg, Default()) {
				err = nil
			}
			done <- err
		}()
		select {
		case err := <-done:
			if !errors.Is(err, errNotRegular) {
				t.Errorf("%s: %v", path, err)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: still reading", path)
		}
	}
}

func TestLoadThroughSymlink(t *testing.T) {
	path := write(t, `log = "none"`)
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if cfg, _, err := Load(link); err != nil || cfg.Log != LogNone {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestReadFileTruncates(t *testing.T) {
	path := write(t, "0123456789")
	for limit, want := range map[int64]string{4: "0123", 10: "0123456789", 11: "0123456789"} {
		data, truncated, err := ReadFile(path, limit)
		if err != nil || string(data) != want || truncated != (limit < 10) {
			t.Errorf("limit %d: %q, %v, %v", limit, data, truncated, err)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLoadKeepsRuntime has mistakes elsewhere in the file: the runtime stays the
// one that was configured.
func TestLoadKeepsRuntime(t *testing.T) {
	for _, text := range []string{
		"runtime = \"/opt/crun\"\nruntime_kind = \"crun\"\nrewrite_read_only = \"no\"\n",
		"rewrite_read_only = [\n  runtime = '/opt/crun' # why\nruntime_kind = 'crun'\n",
		"runtime_kind = \"crun\"\nlog = \"nowhere\"\nruntime = \"/opt/crun\"\n[[roots]]\nruntime = \"/other\"\n",
	} {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		want := Default()
		want.Runtime, want.RuntimeKind = "/opt/crun", KindCrun
		if cfg, _, err := Load(path); err == nil || !reflect.DeepEqual(cfg, want) {
			t.Errorf("%q: %+v, %v", text, cfg, err)
		}
	}
}

func TestLoadRefusesRelativeRuntime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(`runtime = "bin/runc"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if cfg, _, err := Load(path); err == nil || cfg.Runtime != "" {
		t.Errorf("%+v, %v", cfg, err)
	}
}
