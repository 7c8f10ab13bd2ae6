package installcontainerd

import (
	"os"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/install/containerd"
)

// TestRefusals wants an answer that names what is in the way, and nothing
// written.
func TestRefusals(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		s := newTree(t, version)
		type refusal struct {
			name, text   string
			setAsDefault bool
			want         string
		}
		cases := []refusal{
			{"malformed", "version = 2\n[plugins\n", true, configFile + ":2:9: "},
			{"malformed import", "version = 2\nimports = ['other.toml']\n", true, "/etc/containerd/other.toml:1:"},
			{"not accepted", "version = 2\noom_score = 'x'\n", true, "containerd does not accept its configuration as it is"},
			{"another's handler", "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.unbusy]\nruntime_type = 'io.containerd.kata.v2'\n", true, `there is a handler "unbusy" of another type, io.containerd.kata.v2`},
		}
		switch version {
		case "1.6":
			cases = append(cases,
				refusal{"no notice of runtime_path", "version = 2\n", false, "1.6.21 is the first"},
				// Of this pattern 1.6 takes no notice, beside the file.
				refusal{"another file counts", "version = 2\nimports = ['conf.d/*.toml']\n", true, "which was taken back: it would not do what was meant: plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes"})
		case "2.0", "2.2":
			cases = append(cases, refusal{"version 1", "[plugins.cri]\n", true, "bring it to version 2 or 3 first"})
			fallthrough
		default:
			cases = append(cases, refusal{"no pods", "version = 2\ndisabled_plugins = ['io.containerd.grpc.v1.cri']\n", false, "disables CRI"})
		}
		for _, test := range cases {
			t.Run(test.name, func(t *testing.T) {
				const cri = "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runc.v2'\n"
				files := map[string]string{configFile: test.text, "/etc/containerd/other.toml": "=", "/etc/containerd/conf.d/a.toml": cri}
				for path, text := range files {
					s.write(path, text)
				}
				_, err := install.Do(t.Context(), s.request(test.setAsDefault), containerd.Install)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("the error is %v, want %q", err, test.want)
				}
				for path, text := range files {
					if s.read(path) != text {
						t.Errorf("%s is now\n%s", path, s.read(path))
					}
				}
				if s.read(linkFile) != "(none)" || s.read("/var/lib/unbusy/install/containerd/record.json") != "(none)" {
					t.Error("something was written")
				}
				s.clear()
			})
		}
		request := s.request(true)
		request.Config = "/var/lib/rancher/k3s/agent/etc/containerd/config.toml"
		if _, err := install.Show(t.Context(), request, containerd.Install); err == nil || !strings.Contains(err.Error(), "config-v3.toml.tmpl") {
			t.Errorf("for k3s the error is %v", err)
		}
		if err := os.Remove(s.dir + "/usr/bin/containerd"); err != nil {
			t.Fatal(err)
		}
		if _, err := install.Show(t.Context(), s.request(true), containerd.Install); err == nil || err.Error() != "there is no containerd on this host" {
			t.Errorf("without containerd the error is %v", err)
		}
	})
}
