package shim

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/protect"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// TestAround creates containers, which fails or not, and has their records written
// before that or after it.
func TestAround(t *testing.T) {
	failed := errors.New("the runtime refuses")
	for name, test := range map[string]struct {
		namespace string
		refused   error
		early     bool
	}{
		"early":               {`{"type":"mount"}`, nil, true},
		"late":                {`{"type":"network"}`, nil, false},
		"refused after early": {`{"type":"mount"}`, failed, true},
		"refused":             {`{"type":"network"}`, failed, false},
	} {
		t.Run(name, func(t *testing.T) {
			bundle := t.TempDir()
			text := `{"root":{"path":"rootfs"},"linux":{"namespaces":[` + test.namespace + `]}}`
			if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			hasRecord := func() bool {
				_, err := cleanup.ReadRecord(bundle, "a")
				return err == nil
			}
			log := logrus.New()
			log.SetOutput(io.Discard)
			settings := protect.Settings{Config: config.Default()}
			settings.DetachAtCreate = config.DetachOff
			c := &creation{
				container: container{bundle: bundle, recorded: make(chan struct{})},
				id:        "a", settings: settings, log: logrus.NewEntry(log),
				look: func() (protect.Host, error) { return protect.Look(settings.Config) },
			}
			m := watch(&starting{})
			err := c.around(m, func() (int, error) {
				if _, err := m.Start(&exec.Cmd{Args: []string{"runc", "create", "--bundle", bundle, "a"}}); err != nil {
					t.Fatal(err)
				}
				for until := time.Now().Add(10 * time.Second); test.early && !hasRecord(); {
					if time.Now().After(until) {
						t.Fatal("there is no record")
					}
				}
				return os.Getpid(), test.refused
			})
			if !errors.Is(err, test.refused) {
				t.Fatalf("%v, want %v", err, test.refused)
			}
			if test.refused == nil {
				<-c.recorded
			}
			if want := test.early || test.refused == nil; hasRecord() != want {
				t.Errorf("there is a record: %v, want %v", hasRecord(), want)
			}
			select {
			case <-c.recorded:
				if test.refused != nil {
					t.Error("what was not created was recorded")
				}
			default:
			}
		})
	}
}
