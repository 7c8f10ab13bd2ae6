package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/internal/roots"
)

func TestConfiguration(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"none", "", nil},
		{"good", "rewrite_read_only = false", nil},
		{"broken", "rewrite_read_only = 3", []string{"error config-broken: config.toml:1"}},
		{"unknown keys", "rewrite_readonly = false\nlog = \"none\"\nsweep = 3", []string{
			"warning config-unknown-key: rewrite_readonly is not", "warning config-unknown-key: sweep is not",
		}},
		{"roots", "[[roots]]\nengine = \"docker\"\npath = \"/nowhere/docker\"\n[[roots]]\nengine = \"docker\"\npath = \"/usr\"",
			[]string{"warning config-root-missing: /nowhere/docker of docker does not exist"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.toml")
			if test.text != "" {
				if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			h := Open(t.Context(), path)
			h.roots = func() roots.Result { return roots.Result{} }
			got, err := examineConfiguration(t.Context(), h)
			if err != nil || got.Summary == "" {
				t.Errorf("%+v, %v", got, err)
			}
			requireFindings(t, got.Findings, test.want...)
		})
	}
}
