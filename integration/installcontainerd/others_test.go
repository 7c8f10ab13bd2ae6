package installcontainerd

import (
	"os"
	"strings"
	"testing"
)

const kubeCRI = `[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.`

// TestEdited changes the file after the installation: what somebody wrote stays
// when ours goes.
func TestEdited(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		s := newTree(t, version)
		before := "version = 2\n# mine\n" + kubeCRI + "runc]\nruntime_type = \"io.containerd.runc.v2\"\nruntime_path = \"\"\npod_annotations = [ \"a/*\" ]\n"
		s.write(configFile, before)
		s.install(true)
		more := "\n" + kubeCRI + "kata]\nruntime_type = \"io.containerd.kata.v2\"\n"
		s.write(configFile, strings.Replace(s.read(configFile), `["a/*", "unbusy.io/*"]`, `["a/*", "unbusy.io/*", "b/*"]`, 1)+more)
		s.uninstall()
		if got, want := s.read(configFile), strings.Replace(before, `[ "a/*" ]`, `["a/*", "b/*"]`, 1)+more; got != want {
			t.Errorf("it is\n%s\nwant\n%s", got, want)
		}
		if s.read(linkFile) != "(none)" {
			t.Error("the link is still there")
		}
		if said := s.uninstall(); said != "not installed; nothing was changed" {
			t.Errorf("a second time it says %q", said)
		}
	})
}

// TestEditedNew changes a file that the installation has made: it goes unless
// there is something in it.
func TestEditedNew(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		if version == "1.6" || version == "1.7" {
			t.Skip("these need the stock handler in the file, which therefore stays")
		}
		s := newTree(t, version)
		for more, want := range map[string]string{"\n": "(none)", "# mine\n": "version = 3\n# mine\n"} {
			s.install(true)
			s.write(configFile, s.read(configFile)+more)
			s.uninstall()
			if got := s.read(configFile); got != want {
				t.Errorf("with %q more it is afterwards\n%s\nwant\n%s", more, got, want)
			}
			s.clear()
		}
	})
}

// TestDefaultRuntime has the default handler where it was before there was a table
// of them. Version 2 of containerd knows it no more.
func TestDefaultRuntime(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		if !strings.HasPrefix(version, "1.") {
			t.Skip("there is no such setting")
		}
		s := newTree(t, version)
		const section = `[plugins."io.containerd.grpc.v1.cri".containerd.default_runtime`
		before := "version = 2\n" + section + "]\nruntime_type = \"io.containerd.runc.v2\"\n" + section + ".options]\nSystemdCgroup = true\n"
		s.write(configFile, before)
		s.install(true)
		if text := s.read(configFile); !strings.Contains(text, section+"]\nruntime_type = \"io.containerd.runc.v2\"\nruntime_path = \""+shimFile+"\"\n") {
			t.Errorf("it is\n%s", text)
		}
		if options, _ := s.handlers()["unbusy"].(map[string]any)["options"].(map[string]any); options["SystemdCgroup"] != true {
			t.Errorf("our handler has the options %v", options)
		}
		s.uninstall()
		if got := s.read(configFile); got != before {
			t.Errorf("it is\n%s", got)
		}
	})
}

// TestOthers finds handlers that are wrapped already, or somebody else's.
func TestOthers(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		s := newTree(t, version)
		const runc = "]\nruntime_type = \"io.containerd.runc.v2\"\n"
		before := "version = 2\n" + kubeCRI + "wrapped" + runc + kubeCRI + "wrapped.options]\nBinaryName = \"/usr/bin/unbusy-runtime\"\n" +
			kubeCRI + "theirs" + runc + "runtime_path = \"/opt/shim\"\n" + kubeCRI + "runc" + runc
		s.write(configFile, before)
		said := s.install(true)
		for _, want := range []string{
			`the handler "wrapped" is already wrapped: its BinaryName is /usr/bin/unbusy-runtime`,
			`the handler "theirs" has a shim of its own, /opt/shim, and stays as it is`,
		} {
			if !strings.Contains(said, want) {
				t.Errorf("it says\n%s\nwithout %q", said, want)
			}
		}
		for name, want := range map[string]string{"wrapped": "", "theirs": "/opt/shim", "runc": shimFile, "unbusy": shimFile} {
			if h := s.handlers()[name].(map[string]any); h["runtime_path"] != want {
				t.Errorf("the shim of %s is %v, want %q", name, h["runtime_path"], want)
			}
		}
		s.uninstall()
		if got := s.read(configFile); got != before {
			t.Errorf("it is\n%s", got)
		}
	})
}

// TestLinkAlone installs where no pods run: only clients' containers get the
// shim.
func TestLinkAlone(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		s := newTree(t, version)
		before := "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n"
		s.write(configFile, before)
		s.install(true)
		if s.read(configFile) != before || s.read(linkFile) != shimFile {
			t.Errorf("there is %s, and the link to %s", s.read(configFile), s.read(linkFile))
		}
		s.uninstall()
		// Somebody else's link is not touched.
		s.write("/usr/local/bin/other", "")
		if err := os.Symlink("/opt/shim", s.dir+linkFile); err != nil {
			t.Fatal(err)
		}
		s.write("/opt/shim", "")
		if said := s.install(true); !strings.Contains(said, "/usr/local/sbin/containerd-shim-runc-v2 leads to the shim") {
			t.Errorf("it says\n%s", said)
		}
		s.uninstall()
		if s.read(linkFile) != "/opt/shim" || s.read("/usr/local/sbin/containerd-shim-runc-v2") != "(none)" {
			t.Errorf("the links lead to %s and %s", s.read(linkFile), s.read("/usr/local/sbin/containerd-shim-runc-v2"))
		}
	})
}
