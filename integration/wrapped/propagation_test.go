package wrapped

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestPropagation looks from inside a container at what became of its binds,
// with each runtime alone and wrapped, for every rootfsPropagation that an
// engine may set. The container's root is a mount of its own, as most engines
// make it, or a directory of the host's disk, as their vfs drivers do.
func TestPropagation(t *testing.T) {
	const ownMount = `mount --bind "$ROOTFS" "$ROOTFS"; `
	for _, runtime := range []struct {
		name, dir string
		setup     string
		global    []string
	}{
		{"runc", tools.runc, "", nil},
		// Debian's crun refuses the test machine's mix of cgroup v1 and v2.
		{"crun", "/usr/bin", "umount --lazy /sys/fs/cgroup/unified; ", []string{"--cgroup-manager=disabled"}},
	} {
		for _, root := range []struct{ name, setup string }{{"mount", ownMount}, {"directory", ""}} {
			for _, rootfs := range []string{"", "private", "rprivate", "slave", "rslave", "shared", "rshared"} {
				t.Run(runtime.name+" root is a "+root.name+" "+rootfs, func(t *testing.T) {
					b := newBundle(t, "grep", "-E", " /(host|plain) ", "/proc/self/mountinfo")
					b.spec.Linux.RootfsPropagation = rootfs
					// A bind of the host's that says nothing of propagation.
					b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Destination: "/plain", Source: "/usr", Options: []string{"bind"}})
					log := filepath.Join(t.TempDir(), "log")
					s := start{
						name:   runtime.name,
						runDir: b.runDir,
						setup:  runtime.setup + "ROOTFS=" + filepath.Join(b.dir, "rootfs") + "; " + root.setup,
						args:   slices.Concat(runtime.global, []string{"--log=" + log, "run", "--bundle", b.dir, containerID(t)}),
					}

					b.write(t, b.text(t))
					s.path = filepath.Join(runtime.dir, runtime.name)
					alone := propagations(t, s.run(t))
					b.write(t, b.text(t))
					s.path, s.search = tools.wrapper, runtime.dir
					wrapped := propagations(t, s.run(t))

					if strings.Contains(alone["/host"], "master") {
						t.Errorf("alone the bind is a slave already, there is nothing to show: %v", alone)
					}
					// What no specification can change is at least said.
					hopeless := root.name == "directory" &&
						(runtime.name == "crun" || rootfs == "shared" || rootfs == "rshared")
					if slave := strings.Contains(wrapped["/host"], "master"); slave == hopeless {
						t.Errorf("wrapped the covering bind is %q", wrapped["/host"])
					}
					text, err := os.ReadFile(log)
					if err != nil {
						t.Fatal(err)
					}
					if said := strings.Contains(string(text), "keeps copies below private mounts"); said != hopeless {
						t.Errorf("the log has:\n%s", text)
					}
					if wrapped["/plain"] == "shared" && alone["/plain"] != "shared" {
						t.Errorf("the other bind is now shared with the host: %v, alone %v", wrapped, alone)
					}
				})
			}
		}
	}
}

// propagations reads, from lines of a container's mount table, how each
// mountpoint gets events.
func propagations(t *testing.T, r result) map[string]string {
	t.Helper()
	if r.status != 0 {
		t.Fatalf("%+v", r)
	}
	found := make(map[string]string)
	for line := range strings.Lines(r.stdout) {
		fields := strings.Fields(line)
		var tags []string
		for _, f := range fields[6:slices.Index(fields, "-")] {
			tag, _, _ := strings.Cut(f, ":")
			tags = append(tags, tag)
		}
		found[fields[4]] = strings.Join(tags, "+")
	}
	return found
}
