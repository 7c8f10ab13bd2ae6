package wrapped

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// etc makes /etc writable in the container's mount namespace only.
const etc = `rm -rf "$SCRATCH/upper"; mkdir -p "$SCRATCH/upper" "$SCRATCH/work"
mount -t overlay -o lowerdir=/etc,upperdir="$SCRATCH/upper",workdir="$SCRATCH/work" overlay /etc
mkdir -p /etc/unbusy
`

// TestFailOpen has everything that keeps the wrapper from its work: the
// container starts, or fails to, exactly as under runc alone, its specification
// stays as it was, and the log says why.
func TestFailOpen(t *testing.T) {
	const covering = `{"destination":"/host","source":"/","options":["rbind","rprivate"]}`
	for _, test := range []struct {
		name  string
		edit  func(text []byte) []byte // of the specification
		setup string                   // in the mount namespace, with $SCRATCH and $BUNDLE
		// inject has strace fail a system call of the wrapper.
		inject []string
		log    string // part of the log
		fails  bool   // under runc alone as well
	}{
		{
			name:  "broken config.toml",
			setup: etc + `printf 'runtime = [\n' > /etc/unbusy/config.toml`,
			log:   "/etc/unbusy/config.toml:1:",
		},
		{
			name:  "config.toml with a value of another type",
			setup: etc + `printf 'rewrite_read_only = "no"\n' > /etc/unbusy/config.toml`,
			log:   "/etc/unbusy/config.toml:1:",
		},
		{
			name:  "config.toml is a named pipe",
			setup: etc + `mkfifo /etc/unbusy/config.toml`,
			log:   "/etc/unbusy/config.toml",
		},
		{
			// Go's own start reads the table first, the wrapper second.
			name:   "unreadable mount table",
			inject: []string{"--trace-path=/proc/self/mountinfo", "--inject=openat:error=EIO:when=2"},
			log:    "open /proc/self/mountinfo: input/output error",
		},
		{
			name: "over 10 MB",
			edit: func(text []byte) []byte {
				return bytes.Replace(text, []byte("{"), []byte(`{"annotations":{"large":"`+strings.Repeat("x", 10<<20)+`"},`), 1)
			},
			log: "more than the 10485760 that are read",
		},
		{
			name: "duplicate keys",
			edit: func(text []byte) []byte { return bytes.Replace(text, []byte("{"), []byte(`{"mounts":[],`), 1) },
			log:  `key \"mounts\" is used twice`,
		},
		{
			name: "deeper than 1000 levels",
			edit: func(text []byte) []byte {
				return bytes.Replace(text, []byte("{"), []byte(`{"future":`+strings.Repeat("[", 1500)+strings.Repeat("]", 1500)+`,`), 1)
			},
			log: "nested deeper than 1000 levels",
		},
		{
			name: "not UTF-8",
			edit: func(text []byte) []byte {
				return bytes.Replace(text, []byte("{"), []byte("{\"annotations\":{\"k\":\"\xff\"},"), 1)
			},
			log: "not valid UTF-8",
		},
		{
			name:  "not JSON",
			edit:  func(text []byte) []byte { return text[:len(text)/2] },
			log:   "not valid JSON",
			fails: true,
		},
		{
			name:  "no specification",
			edit:  func([]byte) []byte { return nil },
			log:   "config.json: no such file or directory",
			fails: true,
		},
		{
			name:  "bind-mounted",
			setup: `mount --bind "$BUNDLE/config.json" "$BUNDLE/config.json"`,
			log:   "device or resource busy",
		},
		{
			name:  "unwritable bundle",
			setup: `mount --bind "$BUNDLE" "$BUNDLE"; mount -o remount,bind,ro "$BUNDLE"`,
			log:   "read-only file system",
		},
		{
			name: "a container that fails",
			edit: func(text []byte) []byte {
				return bytes.Replace(text, []byte("/bin/busybox"), []byte("/bin/missing"), 1)
			},
			// Nothing is in the way of the rewrite here: what runc says must
			// still be its own word.
			log:   "rewritten",
			fails: true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(t, "echo", "started")
			text := b.text(t)
			if !bytes.Contains(text, []byte(covering)) {
				t.Fatalf("the specification covers nothing: %s", text)
			}
			if test.edit != nil {
				text = test.edit(text)
			}
			setup := "SCRATCH=" + scratch(t) + "; BUNDLE=" + b.dir + "; " + test.setup + "\n"
			put := func() {
				if text != nil {
					b.write(t, text)
				}
			}

			put()
			want := b.alone(t, setup)
			put()
			var prefix []string
			if test.inject != nil {
				prefix = append([]string{"strace", "--quiet=all", "--output=/dev/null"}, test.inject...)
			}
			got, log := b.wrapped(t, setup, prefix...)

			if got != want {
				t.Errorf("wrapped: %+v\nalone:   %+v", got, want)
			}
			if failed := want.status != 0; failed != test.fails || !failed && want.stdout != "started\n" {
				t.Errorf("runc alone: %+v", want)
			}
			if !strings.Contains(log, test.log) {
				t.Errorf("the log does not say %q:\n%s", test.log, log)
			}
			if test.log == "rewritten" || text == nil {
				return
			}
			if after, err := os.ReadFile(b.config()); err != nil || !bytes.Equal(after, text) {
				t.Errorf("the specification was changed, %v", err)
			}
			b.requireEvent(t)
		})
	}
}

// scratch is a directory on a tmpfs: an overlay wants its upper directory on
// another file system than an overlay.
func scratch(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "--lazy", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return dir
}

// requireEvent fails unless the record of failures tells of the bundle.
func (b *bundle) requireEvent(t *testing.T) {
	t.Helper()
	record, err := os.ReadFile(filepath.Join(b.runDir, "unbusy/events"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(record), `"kind":"failed-open","program":"unbusy-runtime","bundle":"`+b.dir+`"`) {
		t.Errorf("the record has:\n%s", record)
	}
}
