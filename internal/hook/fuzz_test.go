package hook

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/moby/sys/mountinfo"
	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/protect"
	"github.com/unbusy/unbusy/internal/rewrite"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

// FuzzPrecreate compares what is answered with what the wrapper would make of the
// same specification in a bundle.
func FuzzPrecreate(f *testing.F) {
	captured, err := filepath.Glob("../../pkg/spec/testdata/captured/*/config.json")
	if err != nil || len(captured) == 0 {
		f.Fatalf("captured specifications: %v, %v", captured, err)
	}
	for _, name := range captured {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"mounts":[{"source":"/var","options":["rbind"]},{"source":"/var/lib/docker/x","options":["rbind"]}]}`))
	settings := config.Default()
	settings.Areas = []spec.Area{{Root: "/var/lib/docker", Owner: "overlay2/*"}}
	quiet := logrus.New()
	quiet.SetOutput(io.Discard)
	c := call{settings: protect.Settings{Config: settings}, log: logrus.NewEntry(quiet)}

	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := c.rewrite(text)
		document, parseErr := spec.Parse(text)
		if parseErr != nil {
			if err == nil {
				t.Fatalf("no error for %q", text)
			}
			return
		}
		if slices.ContainsFunc(append(document.RecursiveSources(), document.RootPath()), func(path string) bool { return path != "" && !filepath.IsAbs(path) }) {
			return // the wrapper knows where these begin
		}
		bundle := t.TempDir()
		path := filepath.Join(bundle, "config.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		decisions, wantErr := rewrite.Do(rewrite.Request{Bundle: bundle, Runtime: spec.RuntimeUnknown, Host: func() ([]*mountinfo.Info, []spec.Area, error) {
			table, err := mountns.OwnTable()
			return table, roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: settings}).Areas(), err
		}})
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err != nil {
			return
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
		if !spec.Changes(decisions) && !bytes.Equal(got, text) {
			t.Fatalf("changed without a decision:\n%s\n%s", text, got)
		}
	})
}
