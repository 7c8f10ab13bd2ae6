package wrapped

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMayDetachMounts puts the switch of RHEL 7's kernel, which this one does
// not have, where it would be.
func TestMayDetachMounts(t *testing.T) {
	for _, test := range []struct{ name, config, want string }{
		{"by default", "", "1"},
		{"configured off", "may_detach_mounts = false", "0\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(t, "echo", "started")
			b.write(t, b.text(t))
			fs := t.TempDir()
			value := filepath.Join(fs, "may_detach_mounts")
			if err := os.WriteFile(value, []byte("0\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			setup := "SCRATCH=" + scratch(t) + "; " + etc +
				"echo '" + test.config + "' > /etc/unbusy/config.toml; mount --bind " + fs + " /proc/sys/fs\n"
			got, log := b.wrapped(t, setup)
			if want := (result{stdout: "started\n"}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			now, err := os.ReadFile(value)
			if err != nil {
				t.Fatal(err)
			}
			if string(now) != test.want {
				t.Errorf("the switch holds %q, want %q", now, test.want)
			}
			if said := strings.Contains(log, "turned on fs.may_detach_mounts"); said != (test.want == "1") {
				t.Errorf("the log has:\n%s", log)
			}
		})
	}
}
