package containerd

import (
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]version{
		"containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3\n": {1, 6, 20},
		"containerd github.com/containerd/containerd/v2 v2.2.0-rc.1 0123abc\n":          {2, 2, 0},
		"containerd containerd.io 1.7.27 05044ec0a9a75232cad458027ca83437aae3f4da\n":    {1, 7, 27},
		"containerd github.com/k3s-io/containerd v1.7.22-k3s1\n":                        {1, 7, 22},
		"containerd github.com/containerd/containerd/v2 2.4.2+unknown \n":               {2, 4, 2},
	} {
		if got, err := parseVersion(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if _, err := parseVersion("containerd unknown\n"); err == nil {
		t.Error("what has no version has one")
	}
	v := version{1, 6, 20}
	if !v.before(1, 6, 21) || !v.before(1, 7, 0) || !v.before(2, 0, 0) || v.before(1, 6, 20) || v.before(1, 5, 30) || v.before(0, 9, 30) {
		t.Error("the order is another")
	}
}

func TestChoose(t *testing.T) {
	const generatedFile = "/var/lib/rancher/rke2/agent/etc/containerd/config.toml"
	for name, test := range map[string]struct {
		candidates []string // what they read
		config     string
		want       string
	}{
		"none":                  {nil, "", "(none)"},
		"the only one":          {[]string{generatedFile}, "", generatedFile},
		"not the generated one": {[]string{generatedFile, "/etc/c.toml", ""}, "", "/etc/c.toml"},
		"the one that is meant": {[]string{"/a.toml", "/etc/c.toml"}, "/etc/c.toml", "/etc/c.toml"},
		"by default":            {[]string{"/a.toml", ""}, usualConfig, ""},
		"another's":             {[]string{"/a.toml"}, "/b.toml", "(none)"},
	} {
		var candidates []process
		for _, config := range test.candidates {
			candidates = append(candidates, process{config: config})
		}
		got := "(none)"
		if p := choose(candidates, test.config); p != nil {
			got = p.config
		}
		if got != test.want {
			t.Errorf("%s: it is %q, want %q", name, got, test.want)
		}
	}
}

func TestDifferences(t *testing.T) {
	for name, test := range map[string]struct{ want, got, told string }{
		"the same":           {"a = 1\n[b]\nc = ['x']", "a = 1\nb.c = ['x']", ""},
		"empty is missing":   {"a = ''\n[b.c]\nk = false\ne = []", "", ""},
		"which files":        {"imports = ['a']", "imports = ['a', 'b']", ""},
		"imports of another": {"a.imports = ['a']", "a.imports = ['b']", "a.imports would be [b] and not [a]"},
		"missing":            {"a = 1", "", "a would be missing and not 1"},
		"more":               {"", "[b]\n'c.d' = 'x'", `b."c.d" would be x and not missing`},
		"another":            {"a = 1\nb = true", "a = '1'\nb = false", "a would be 1 and not 1, b would be false and not true"},
		"a table":            {"a = 1", "a.b = 1", "a would be map[b:1] and not 1"},
		"many":               {"", "a = 1\nb = 1\nc = 1\nf = 1\ne = 1", "a would be 1 and not missing, b would be 1 and not missing, c would be 1 and not missing, and 2 more"},
	} {
		want, got := make(map[string]any), make(map[string]any)
		for text, into := range map[string]*map[string]any{test.want: &want, test.got: &got} {
			if err := toml.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err)
			}
		}
		if told := strings.Join(differences(want, got), ", "); told != test.told {
			t.Errorf("%s: the differences are %q, want %q", name, told, test.told)
		}
	}
}

// TestGenerated wants advice for the files that do not last, and for no other.
func TestGenerated(t *testing.T) {
	var without []string
	for _, path := range []string{
		usualConfig, "/var/lib/rancher/k3s/agent/etc/containerd/config.toml", "/var/snap/microk8s/current/args/containerd.toml",
		"/run/k0s/containerd-cri.toml", "/etc/k0s/containerd.toml", "/opt/agent/containerd/config.toml",
	} {
		if generated(path) == "" {
			without = append(without, path)
		}
	}
	if want := []string{usualConfig, "/opt/agent/containerd/config.toml"}; !slices.Equal(without, want) {
		t.Errorf("no advice is there for %q, want %q", without, want)
	}
}
