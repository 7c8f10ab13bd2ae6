package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/internal/config"
)

// TestKernel has the switch of RHEL 7's kernel, which this one does not have. That
// of the running one decides where there is no switch.
func TestKernel(t *testing.T) {
	for _, test := range []struct {
		name, value string
		off         bool
		split       bool
		want        []string
	}{
		{"absent", "", false, false, nil},
		{"on", "1\n", false, false, nil},
		{"off", "0\n", false, false, []string{"error may-detach-mounts-off: Linux 3.10.0-1160.el7 with fs.may_detach_mounts=0"}},
		{"configured off", "0\n", true, false, []string{"error may-detach-mounts-off: keeps unbusy from turning it on"}},
		{"shims elsewhere", "0\n", false, true, []string{"error may-detach-mounts-off: unbusy does not turn it on, because containerd-shim (pid 13)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			proc := t.TempDir()
			files := map[string]string{"sys/kernel/osrelease": "3.10.0-1160.el7\n"}
			if test.value != "" {
				files["sys/fs/may_detach_mounts"] = test.value
			}
			links := map[string]string{"self/ns/pid": "pid:[1]"}
			if test.split {
				for pid, name := range map[string]string{"12": "dockerd", "13": "containerd-shim"} {
					files[pid+"/comm"] = name + "\n"
					files[pid+"/cmdline"] = "/usr/bin/" + name + "\x00"
					links[pid+"/ns/pid"], links[pid+"/ns/mnt"] = "pid:[1]", "mnt:["+pid+"]"
				}
			}
			for name, text := range files {
				inProc(t, proc, name)
				if err := os.WriteFile(filepath.Join(proc, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for name, to := range links {
				inProc(t, proc, name)
				if err := os.Symlink(to, filepath.Join(proc, name)); err != nil {
					t.Fatal(err)
				}
			}
			got, err := kernelAt(proc, config.Config{MayDetachMounts: !test.off})
			if err != nil {
				t.Fatal(err)
			}
			requireFindings(t, got.Findings, test.want...)
			if len(test.want) == 0 && got.Summary == "" {
				t.Error("nothing is said")
			}
		})
	}
	if _, err := kernelAt(t.TempDir(), config.Config{}); err == nil {
		t.Error("no error without a kernel")
	}
}

func inProc(t *testing.T, proc, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(proc, name)), 0o755); err != nil {
		t.Fatal(err)
	}
}
