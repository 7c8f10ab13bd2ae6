package spec

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// captured are specifications as real engines wrote them, each in a directory
// with the mount table and the mount areas of that moment. hack/capture writes
// them.
var captured = flag.String("captured", filepath.Join("testdata", "captured"), "test the specifications in this `directory`")

// textChange is an edit as one would make it by hand.
type textChange struct{ old, new string }

// rootfsRslave is what crun needs in addition to a slave bind.
var rootfsRslave = textChange{`"linux":{`, `"linux":{"rootfsPropagation":"rslave",`}

// changes has those captures, by their names without versions, that are to be
// changed at all.
var changes = map[string]map[Runtime][]textChange{
	"containerd-cri-root":    inEach(`"source":"/","options":["rbind","rprivate","rw"]`, `"source":"/","options":["rbind","rw","rslave"]`),
	"containerd-cri-kubelet": inEach(`/kubelet","options":["rbind","rprivate","rw"]`, `/kubelet","options":["rbind","rw","rslave"]`),
	"containerd-ctr-root":    inEach(`"source":"/","options":["rbind","ro"]`, `"source":"/","options":["rbind","ro","rslave"]`),
	"docker-exec-root":       inEach(`/exec","options":["rbind","rprivate"]`, `/exec","options":["rbind","rslave"]`),
	"docker-run":             inEach(`"source":"/run","options":["rbind","ro","rprivate"]`, `"source":"/run","options":["rbind","ro","rslave"]`),
	"podman-root":            inEach(`"source":"/","options":["rw","rprivate","rbind"]`, `"source":"/","options":["rw","rbind","rslave"]`),
	// ctr asks for rslave and sets no rootfsPropagation.
	"containerd-ctr-root-slave": {RuntimeCrun: {rootfsRslave}},
}

// inEach is the change of one bind's options, which is all that runc needs.
func inEach(before, after string) map[Runtime][]textChange {
	options := textChange{before, after}
	return map[Runtime][]textChange{
		RuntimeRunc: {options},
		RuntimeCrun: {options, rootfsRslave},
	}
}

// TestCaptured has the rules decide about what real engines write: of an
// ordinary container not one byte changes, and of one with a covering bind
// nothing but its propagation.
func TestCaptured(t *testing.T) {
	seen := map[string]bool{}      // captures that are to be changed
	ordinary := map[string]bool{}  // engines
	directory := map[string]bool{} // engines with a bind to decide about
	for _, c := range readCaptures(t) {
		_, changed := changes[c.kind]
		if changed {
			seen[c.kind] = true
		} else {
			ordinary[c.engine()] = true
			directory[c.engine()] = directory[c.engine()] || len(c.host.Sources) > 0
		}
		for _, runtime := range []Runtime{RuntimeRunc, RuntimeCrun} {
			t.Run(c.name+" "+string(runtime), func(t *testing.T) {
				want := c.text
				for _, r := range changes[c.kind][runtime] {
					if n := bytes.Count(want, []byte(r.old)); n != 1 {
						t.Fatalf("%s is there %d times", r.old, n)
					}
					want = bytes.Replace(want, []byte(r.old), []byte(r.new), 1)
				}
				document, err := Parse(c.text)
				if err != nil {
					t.Fatal(err)
				}
				host := c.host
				host.Runtime = runtime
				decisions := Decide(document, host)
				if got := Changes(decisions); got != !bytes.Equal(want, c.text) {
					t.Errorf("changes = %v: %+v", got, decisions)
				}
				if got := document.Edit(decisions); !bytes.Equal(got, want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
	// Without a capture there is nothing that could be wrong with it.
	for kind := range changes {
		if !seen[kind] {
			t.Errorf("there is no capture of %s", kind)
		}
	}
	for _, engine := range []string{"docker", "podman", "containerd-cri", "containerd-ctr"} {
		if !ordinary[engine] || !directory[engine] {
			t.Errorf("there is no capture of an ordinary container of %s, or of none that binds a directory", engine)
		}
	}
}

// capture is one specification with what the rules need beside it.
type capture struct {
	name string // docker-20.10-plain
	kind string // docker-plain
	text []byte
	host Host
}

// engine is what wrote it, without a version.
func (c capture) engine() string {
	for _, two := range []string{"containerd-cri", "containerd-ctr"} {
		if strings.HasPrefix(c.kind, two) {
			return two
		}
	}
	engine, _, _ := strings.Cut(c.kind, "-")
	return engine
}

var versionInName = regexp.MustCompile(`-\d+(\.\d+)+`)

func readCaptures(t *testing.T) []capture {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(*captured, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var all []capture
	for _, dir := range dirs {
		c := capture{name: filepath.Base(dir)}
		c.kind = versionInName.ReplaceAllString(c.name, "")
		c.text = readFile(t, dir, "config.json")
		if err := json.Unmarshal(readFile(t, dir, "host.json"), &c.host); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		c.host.Mounts = tableOf(t, string(readFile(t, dir, "mountinfo")))
		if len(c.host.Areas) == 0 || len(c.host.Mounts) == 0 || c.host.Rootfs == "" {
			t.Fatalf("%s: areas, mounts or root are missing", c.name)
		}
		all = append(all, c)
	}
	return all
}

func readFile(t *testing.T, elem ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
