package holder

import (
	"strings"
	"testing"
)

const (
	id1 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	id2 = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
	uid = "8f1f6f1c-2d1a-4c5e-9d1b-0a1b2c3d4e5f"
	// static is the uid of a pod from a file of the kubelet's.
	static = "0123456789abcdef0123456789abcdef"
)

// under is uid as in the name of a slice.
var under = strings.ReplaceAll(uid, "-", "_")

func TestParseCgroupPath(t *testing.T) {
	pod := func(container string) group { return group{container: container, pod: uid, podUID: uid} }
	for path, want := range map[string]group{
		"/":                         {},
		"/init.scope":               {unit: "init.scope"},
		"/system.slice/ssh.service": {unit: "ssh.service"},
		"/system.slice/system-getty.slice/getty@tty1.service":                       {unit: "getty@tty1.service"},
		"/system.slice/docker.service/init (deleted)":                               {unit: "docker.service"},
		"/system.slice/system-systemd\\x2dfsck.slice/systemd-fsck@dev-sda1.service": {unit: "systemd-fsck@dev-sda1.service"},
		"/system.slice/_cpu.service":                                                {unit: "cpu.service"},
		"/system.slice":                                                             {unit: "system.slice"},
		"/user.slice/user-1000.slice/session-3.scope":                               {unit: "session-3.scope"},
		"/user.slice/user-1000.slice/user@1000.service/app.slice/x.service":         {unit: "user@1000.service"},
		"/system.slice/a b.service":                                                 {unit: "system.slice"},
		"/system.slice/" + strings.Repeat("x", 300) + ".service":                    {unit: "system.slice"},
		"/lxc/name": {},
		"/process_api/2b8ea3f15b9383927df7aff5742f410e": {},
		"/default/name": {}, // ctr

		// Docker
		"/docker/" + id1:                                              {container: id1},
		"/system.slice/docker-" + id1 + ".scope":                      {unit: "docker-" + id1 + ".scope", container: id1},
		"/docker/" + id1 + "/system.slice/nginx.service":              {container: id1},
		"/docker/" + id1 + "/docker/" + id2:                           {container: id2},
		"/system.slice/docker-" + id1 + ".scope/docker/" + id2:        {unit: "docker-" + id1 + ".scope", container: id2},
		"/actions/" + id1:                                             {container: id1},
		"/docker/" + id1 + " (deleted)":                               {container: id1},
		"/docker/" + strings.ToUpper(id1):                             {},
		"/docker/" + id1[1:]:                                          {},
		"/system.slice/containerd.service/system.slice:docker:" + id1: {unit: "containerd.service", container: id1},

		// the kubelet with containerd
		"/kubepods/burstable/pod" + uid + "/" + id1: pod(id1),
		"/kubepods/pod" + uid + "/" + id1:           pod(id1),
		"/kubepods/besteffort/pod" + uid:            pod(""),
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/cri-containerd-" + id1 + ".scope": {
			unit: "cri-containerd-" + id1 + ".scope", container: id1, pod: uid, podUID: uid,
		},
		"/kubepods.slice/kubepods-pod" + under + ".slice": {unit: "kubepods-pod" + under + ".slice", pod: uid, podUID: uid},
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + static + ".slice/cri-containerd-" + id1 + ".scope": {
			unit: "cri-containerd-" + id1 + ".scope", container: id1, pod: static, podUID: static,
		},
		"/kubepods-burstable-pod" + under + ".slice:cri-containerd:" + id1: pod(id1),
		"/system.slice/containerd.service/kubepods-besteffort-pod" + under + ".slice:cri-containerd:" + id1: {
			unit: "containerd.service", container: id1, pod: uid, podUID: uid,
		},
		"/kubepods/burstable/pod" + uid + "/" + id1 + "/docker/" + id2: pod(id2),
		"/../../pod" + uid + "/" + id1:                                 pod(id1),
		"/../cri-containerd-" + id1 + ".scope":                         {unit: "cri-containerd-" + id1 + ".scope", container: id1},
		"/podinfo/podcast":                                             {},

		// kind: the node is a container as well
		"/docker/" + id2 + "/kubelet/kubepods/besteffort/pod" + uid + "/" + id1: pod(id1),
		"/system.slice/docker-" + id2 + ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + under +
			".slice/cri-containerd-" + id1 + ".scope": {
			unit: "docker-" + id2 + ".scope", container: id1, pod: uid, podUID: uid,
		},

		// CRI-O
		"/kubepods.slice/kubepods-pod" + under + ".slice/crio-" + id1 + ".scope": {
			unit: "crio-" + id1 + ".scope", container: id1, pod: uid, podUID: uid,
		},
		"/kubepods.slice/kubepods-pod" + under + ".slice/crio-" + id1 + ".scope/container": {
			unit: "crio-" + id1 + ".scope", container: id1, pod: uid, podUID: uid,
		},
		"/kubepods.slice/kubepods-pod" + under + ".slice/crio-conmon-" + id1 + ".scope": {
			unit: "crio-conmon-" + id1 + ".scope", pod: uid, podUID: uid,
		},
		"/kubepods/burstable/pod" + uid + "/crio-" + id1:        pod(id1),
		"/kubepods/burstable/pod" + uid + "/crio-conmon-" + id1: pod(""),

		// podman
		"/machine.slice/libpod-" + id1 + ".scope":           {unit: "libpod-" + id1 + ".scope", container: id1},
		"/machine.slice/libpod-" + id1 + ".scope/container": {unit: "libpod-" + id1 + ".scope", container: id1},
		"/machine.slice/libpod-conmon-" + id1 + ".scope":    {unit: "libpod-conmon-" + id1 + ".scope"},
		"/libpod_parent/libpod-" + id1:                      {container: id1},
		"/libpod_parent/conmon":                             {},
		"/libpod_parent/" + id2:                             {pod: id2},
		"/machine.slice/machine-libpod_pod_x.slice":         {unit: "machine-libpod_pod_x.slice"},
		"/system.slice/web-pod" + under + ".slice":          {unit: "web-pod" + under + ".slice"},
		"/libpod_parent/" + id2 + "/libpod-" + id1:          {container: id1, pod: id2},
		"/machine.slice/machine-libpod_pod_" + id2 + ".slice/libpod-" + id1 + ".scope": {
			unit: "libpod-" + id1 + ".scope", container: id1, pod: id2,
		},
		"/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_" + id2 + ".slice/libpod-" + id1 + ".scope/container": {
			unit: "user@1000.service", container: id1, pod: id2,
		},
		"/system.slice/web.service/libpod-payload-" + id1: {unit: "web.service", container: id1},
		"/system.slice/web.service/supervisor":            {unit: "web.service"},
	} {
		if got := parseCgroupPath(strings.TrimSuffix(path, " (deleted)")); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

func TestParseCgroup(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       group
	}{
		{"nothing", "", group{}},
		{"nonsense", "x\n\n1:2\n::\n", group{}},
		{"version 2", "0::/system.slice/ssh.service\n", group{unit: "ssh.service"}},
		{"a removed cgroup", "0::/docker/" + id1 + " (deleted)\n", group{container: id1}},
		{"a colon", "0::/kubepods-pod" + under + ".slice:cri-containerd:" + id1 + "\n", group{container: id1, pod: uid, podUID: uid}},
		{
			"version 1, cgroupfs", "12:pids:/docker/" + id1 + "\n11:cpu,cpuacct:/docker/" + id1 + "\n1:name=systemd:/docker/" + id1 + "\n",
			group{container: id1},
		},
		{
			"without systemd", "9:name=systemd:/\n8:pids:/\n4:memory:/kubepods/pod" + uid + "/" + id1 + "\n0::/\n",
			group{container: id1, pod: uid, podUID: uid},
		},
		{
			"hybrid", "3:memory:/system.slice/docker-" + id1 + ".scope\n0::/system.slice/containerd.service\n" +
				"1:name=systemd:/system.slice/docker-" + id1 + ".scope\n",
			group{unit: "docker-" + id1 + ".scope", container: id1},
		},
		{
			"systemd's first", "3:memory:/docker/" + id1 + "\n0::/docker/" + id1 + "\n1:name=systemd:/docker/" + id2 + "\n",
			group{container: id2},
		},
		{
			"systemd's as well", "0::/docker/" + id1 + "\n3:memory:/docker/" + id2 + "\n1:name=systemd:/docker/" + id1 + "\n",
			group{container: id1},
		},
		{
			"version 2 last", "0::/docker/" + id1 + "\n3:memory:/docker/" + id2 + "\n",
			group{container: id2},
		},
	} {
		if got := parseCgroup(test.text); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
