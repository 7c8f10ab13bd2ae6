package lifecycle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestRecordEarly records containers that have no process yet, of which one needs it.
func TestRecordEarly(t *testing.T) {
	for name, test := range map[string]struct {
		namespaces string
		early      bool
	}{
		"the host's network":    {`{"type":"mount"}`, true},
		"a joined network":      {`{"type":"network","path":"/run/netns/pod"}`, true},
		"a network of its own":  {`{"type":"mount"},{"type":"network"}`, false},
		"one of its own, named": {`{"type":"network","path":""}`, false},
	} {
		bundle := t.TempDir()
		text := `{"root":{"path":"rootfs"},"linux":{"namespaces":[` + test.namespaces + `]}}`
		if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		early, err := RecordEarly(Container{ID: "victim", Bundle: bundle})
		if err != nil || early != test.early {
			t.Errorf("%s: %v, %v", name, early, err)
		}
		_, err = cleanup.ReadRecord(bundle, "victim")
		if recorded := !errors.Is(err, fs.ErrNotExist); recorded != test.early {
			t.Errorf("%s: the record: %v", name, err)
		}
	}
	if early, err := RecordEarly(Container{ID: "victim", Bundle: t.TempDir()}); early || err == nil {
		t.Errorf("no specification: %v, %v", early, err)
	}
}
