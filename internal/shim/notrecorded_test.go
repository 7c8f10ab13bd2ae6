package shim

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/protect"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// hostVariable names the directory that is a host of its own for the test.
const hostVariable = "UNBUSY_TEST_HOST"

// TestNotRecorded creates containers of which one cannot be recorded, and from
// another others' mounts cannot be detached. That is logged, and one event each.
func TestNotRecorded(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root; `make test` runs it as root as well")
	}
	host := os.Getenv(hostVariable)
	if host == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestNotRecorded$", "-test.v")
		cmd.Env = append(os.Environ(), hostVariable+"="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	run, kubelet := filepath.Join(host, "run"), filepath.Join(host, "kubelet")
	volume := filepath.Join(kubelet, "pods/uid/volumes/x/mount")
	for _, dir := range []string{run, volume} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		syscall.Mount(run, "/run", "", syscall.MS_BIND, ""),
		syscall.Mount("volume", volume, "tmpfs", 0, "size=64k"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const noProcess = 1 << 30
	for _, test := range []struct {
		name     string
		recorded bool
		want     string
		not      string
		err      string
	}{
		{"a", false, notRecorded, notDetached, "record the container's mounts: "},
		{"b", true, notDetached, notRecorded, "detach other containers' mounts: "},
	} {
		bundle := t.TempDir()
		if test.recorded {
			if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var text bytes.Buffer
		log := logrus.New()
		log.SetOutput(&text)
		settings := protect.Settings{Config: config.Default()}
		settings.DetachAtCreate = config.DetachOn
		settings.Roots = []config.Root{{Engine: "kubelet", Path: kubelet}}
		c := &creation{
			container: container{bundle: bundle}, id: test.name, settings: settings, log: logrus.NewEntry(log),
			look: func() (protect.Host, error) { return protect.Look(settings.Config) },
		}
		c.record(noProcess)
		if _, err := cleanup.ReadRecord(bundle, test.name); (err == nil) != test.recorded {
			t.Errorf("%s: the record: %v", test.name, err)
		}
		if !strings.Contains(text.String(), test.want) || strings.Contains(text.String(), test.not) {
			t.Errorf("%s: the log: %s", test.name, &text)
		}
		events, err := os.ReadFile(filepath.Join(run, "unbusy/events"))
		if err != nil {
			t.Fatal(err)
		}
		want := `"kind":"failed-closed","program":"` + program + `","container":"` + test.name + `","bundle":"` + bundle + `","error":"` + test.err
		if strings.Count(string(events), want) != 1 {
			t.Errorf("%s: the events: %s", test.name, events)
		}
	}
}
