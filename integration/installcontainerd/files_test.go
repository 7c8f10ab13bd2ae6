package installcontainerd

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// configurations are what operators have, by what they are.
func configurations(s *tree, version string) map[string]map[string]string {
	all := map[string]map[string]string{
		"absent":       {},
		"empty":        {configFile: ""},
		"comment only": {configFile: "# Nothing to see here.\n"},
		"default":      {configFile: s.containerd("config", "default")},
		"debian": {configFile: `version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
      conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.internal.v1.opt"]
    path = "/var/lib/containerd/opt"
`},
		"kubeadm": {configFile: `# written by hand
version = 2
[plugins."io.containerd.grpc.v1.cri"] # pods
  sandbox_image = "registry.k8s.io/pause:3.9"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  pod_annotations = ["example.com/*"] # ours
  # cgroups
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = true

[debug]
level = "info"
`},
		"nvidia": {configFile: `version = 2
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".containerd]
      default_runtime_name = "nvidia"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes]
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
          runtime_type = "io.containerd.kata.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
          privileged_without_host_devices = false
          runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
            BinaryName = "/usr/bin/nvidia-container-runtime"
            SystemdCgroup = true
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
          runtime_type = "io.containerd.runc.v2"
`},
		"carriage returns": {configFile: "version = 2\r\n\r\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes]\r\nrunc = { runtime_type = 'io.containerd.runc.v2', options = { SystemdCgroup = true } }\r\n"},
		"dotted":           {configFile: "version = 2\nplugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.runtime_type = 'io.containerd.runc.v2'"},
		"imported": {
			configFile:                      "version = 2\nimports = ['/etc/containerd/conf.d/*.toml']\n[plugins.'io.containerd.grpc.v1.cri']\nmax_container_log_line_size = 5\n",
			"/etc/containerd/conf.d/a.toml": "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runc.v2'\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n",
			"/etc/containerd/conf.d/b.toml": "version = 2\n[debug]\nlevel = 'info'\n",
			"/etc/containerd/conf.d/c.toml": "version = 2\n",
		},
		"two sections": {
			configFile:                      "version = 2\nimports = ['/etc/containerd/conf.d/a.toml']\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runc.v2'\n",
			"/etc/containerd/conf.d/a.toml": "version = 2\n[plugins.'io.containerd.grpc.v1.cri']\nmax_container_log_line_size = 5\n",
		},
	}
	if strings.HasPrefix(version, "1.") {
		all["version 1"] = map[string]string{configFile: "[plugins.cri.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runc.v2'\n"}
		return all
	}
	const cri = "[plugins.'io.containerd.cri.v1.runtime'.containerd"
	all["version 3"] = map[string]string{configFile: "version = 3\n" + cri + ".runtimes.crun]\nruntime_type = 'io.containerd.runc.v2'\n" + cri + ".runtimes.crun.options]\nBinaryName = '/usr/bin/crun'\n"}
	all["drop-in"] = map[string]string{
		configFile: "version = 3\nimports = ['conf.d/*.toml']\n",
		"/etc/containerd/conf.d/99-nvidia.toml": "version = 3\n" + cri + "]\ndefault_runtime_name = 'nvidia'\n" + cri + ".runtimes.nvidia]\nruntime_type = 'io.containerd.runc.v2'\n" +
			cri + ".runtimes.nvidia.options]\nBinaryName = '/usr/bin/nvidia-container-runtime'\n",
	}
	return all
}

// TestFiles installs into what operators have and out of it again. That nothing
// else of what containerd makes of its files has changed, the installation itself
// asks it.
func TestFiles(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		s := newTree(t, version)
		all := configurations(s, version)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t.Run(name, func(t *testing.T) {
				for _, setAsDefault := range []bool{false, true} {
					if version == "1.6" && !setAsDefault {
						continue // see TestRefusals
					}
					s.t = t
					for path, text := range all[name] {
						s.write(path, text)
					}
					before := s.handlers()
					s.install(setAsDefault)
					requireHandlers(t, before, s.handlers(), setAsDefault)
					if link := s.read(linkFile); (link != "(none)") != setAsDefault {
						t.Errorf("set as default is %v, and the link is %q", setAsDefault, link)
					}
					if said := s.install(setAsDefault); said != "already installed; nothing was changed" && !strings.HasSuffix(said, "\nalready installed; nothing was changed") {
						t.Errorf("a second time it says %q", said)
					}
					installed := s.read(configFile)
					s.uninstall()
					for _, path := range append(slices.Collect(maps.Keys(all[name])), configFile, linkFile) {
						want, found := all[name][path]
						if !found {
							want = "(none)"
						}
						if got := s.read(path); got != want {
							t.Errorf("%s is afterwards\n%s\nand was\n%s\ninstalled\n%s", path, got, want, installed)
						}
					}
					s.clear()
				}
			})
		}
	})
}

// handlers are those that containerd says it has.
func (s *tree) handlers() map[string]any {
	s.t.Helper()
	args := []string{"config", "dump"}
	if s.read(configFile) == "(none)" {
		args = []string{"config", "default"}
	}
	var dump struct {
		Plugins map[string]struct {
			Containerd struct {
				Runtimes map[string]any `toml:"runtimes"`
			} `toml:"containerd"`
		} `toml:"plugins"`
	}
	if err := toml.Unmarshal([]byte(s.containerd(args...)), &dump); err != nil {
		s.t.Fatal(err)
	}
	for _, plugin := range dump.Plugins {
		if len(plugin.Containerd.Runtimes) > 0 {
			return plugin.Containerd.Runtimes
		}
	}
	return nil
}

// requireHandlers wants the handlers from before, and ours; and our shim in those
// that are of runc's type if it was to be.
func requireHandlers(t *testing.T, before, after map[string]any, setAsDefault bool) {
	t.Helper()
	ours, found := after["unbusy"].(map[string]any)
	if !found || len(after) != len(before)+1 {
		t.Fatalf("there were %v and are %v", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
	}
	after = maps.Clone(after)
	delete(after, "unbusy")
	for name, value := range after {
		h := value.(map[string]any)
		want := ""
		if setAsDefault && h["runtime_type"] == "io.containerd.runc.v2" {
			want = shimFile
		}
		if h["runtime_path"] != want {
			t.Errorf("the shim of %s is %v, want %q", name, h["runtime_path"], want)
		}
		if list, _ := h["pod_annotations"].([]any); slices.Contains(list, any("unbusy.io/*")) != (want != "") {
			t.Errorf("%s lets the annotations %v through", name, list)
		}
		old := before[name].(map[string]any)
		if old["runtime_type"] != h["runtime_type"] {
			t.Errorf("the type of %s was %v and is %v", name, old["runtime_type"], h["runtime_type"])
		}
	}
	options, _ := ours["options"].(map[string]any)
	usual := "runc"
	if before["nvidia"] != nil {
		usual = "nvidia"
	}
	old, _ := before[usual].(map[string]any)["options"].(map[string]any)
	for _, option := range []string{"SystemdCgroup", "BinaryName"} {
		if is, was := options[option], old[option]; is != was && (is != nil || was != false && was != "") {
			t.Errorf("%s is %v with ours and %v without", option, is, was)
		}
	}
	if ours["runtime_path"] != shimFile {
		t.Errorf("our handler is %v", ours)
	}
}
