package engine

import "testing"

func TestRoleOf(t *testing.T) {
	for _, test := range []struct {
		program, name string
		role          role
	}{
		{"dockerd", "dockerd", daemon},
		{"dockerd-current", "dockerd", daemon},
		{"docker-containerd-current", "docker-containerd", daemon},
		{".podman-wrapped", "podman", daemon},
		{"containerd.real", "containerd", daemon},
		{"containerd-stargz-grpc", "containerd-stargz-grpc", daemon},
		{"conmon", "conmon", monitor},
		{"podman pause", "podman pause", daemon},
		{"containerd-shim-runc-v2", "", notEngine},
		{"docker-containerd-shim-current", "", notEngine},
		{"docker", "", notEngine},
		{"docker-proxy", "", notEngine},
		{"runc", "", notEngine},
		{"", "", notEngine},
	} {
		name, role := roleOf(test.program)
		if role != test.role || role != notEngine && name != test.name {
			t.Errorf("%q: %q, %d, want %q, %d", test.program, name, role, test.name, test.role)
		}
	}
}

func TestNeedsFile(t *testing.T) {
	for comm, want := range map[string]bool{
		"exe":             true,
		"docker-containe": true, // docker-containerd and docker-containerd-shim
		"containerd-star": true, // containerd-stargz-grpc
		".dockerd-wrappe": true,
		".containerd-wra": true,
		"containerd-shim": false,
		"kworker/0:1-eve": false,
		"sleep":           false,
		"executor":        false,
	} {
		if needsFile(comm) != want {
			t.Errorf("%q: want %v", comm, want)
		}
	}
}

func TestByArguments(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"docker", "daemon", "-H", "fd://"}, "dockerd"},
		{[]string{"docker", "-H", "unix:///x", "-d"}, "dockerd"},
		{[]string{"docker", "--debug=true", "--daemon"}, "dockerd"},
		{[]string{"docker", "run", "-d", "busybox"}, ""},
		{[]string{"docker", "--host", "unix:///x", "run", "-d", "daemon"}, ""},
		{[]string{"docker"}, ""},
		{nil, ""},
		{[]string{"docker-current", "daemon"}, "dockerd"},
		{[]string{"hyperkube", "kubelet"}, "kubelet"},
		{[]string{"hyperkube", "apiserver"}, ""},
		{[]string{"catatonit", "-P"}, "podman pause"},
		{[]string{"catatonit", "--", "sleep"}, ""},
	} {
		comm := "docker"
		if len(test.args) > 0 {
			comm = test.args[0]
		}
		is, ok := byArguments(comm)
		if !ok || is(test.args) != test.want {
			t.Errorf("%q: want %q", test.args, test.want)
		}
	}
	if _, ok := byArguments("docker-proxy"); ok {
		t.Error("docker-proxy has only one trade")
	}
}

func TestParseStat(t *testing.T) {
	for _, test := range []struct {
		text string
		want process
		ok   bool
	}{
		{"812 (dockerd) S 1 812 812 0 -1", process{812, 1, "dockerd"}, true},
		{"7 (a) R 9 (b c) Z 5 7", process{7, 5, "a) R 9 (b c"}, true},
		{"7 (x\ny)) S 3 7", process{7, 3, "x\ny)"}, true},
		{"7 () S 3 7", process{7, 3, ""}, true},
		{"7 (cut", process{}, false},
		{"7 (cut) S", process{}, false},
		{"seven (x) S 3 7", process{}, false},
		{"7 (x) S three 7", process{}, false},
		{"", process{}, false},
	} {
		got, ok := parseStat([]byte(test.text))
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%q: %+v, %v, want %+v, %v", test.text, got, ok, test.want, test.ok)
		}
	}
}

func TestParseNamespace(t *testing.T) {
	if inode, err := parseNamespace("mnt:[4026531832]"); inode != 4026531832 || err != nil {
		t.Errorf("%d, %v", inode, err)
	}
	for _, name := range []string{"", "pid:[4026531832]", "mnt:[4026531832", "mnt:[]", "mnt:[-1]"} {
		if _, err := parseNamespace(name); err == nil {
			t.Errorf("%q is no mount namespace", name)
		}
	}
}
