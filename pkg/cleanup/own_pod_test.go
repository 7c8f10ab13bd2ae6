package cleanup

import (
	"strings"
	"testing"
)

// kubernetesHost has a pod with a sandbox "s1" and an application "a1", and a
// second pod.
const kubernetesHost = `
1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
1023: 23 22 0:24 / /run rw shared:2 - tmpfs tmpfs rw
1030: 30 23 0:4 net:[4026532179] /run/netns/cni-1 rw shared:3 - nsfs nsfs rw
1031: 31 23 0:43 / /run/containerd/io.containerd.grpc.v1.cri/sandboxes/s1/shm rw shared:4 - tmpfs shm rw
1032: 32 23 0:44 / /run/containerd/io.containerd.runtime.v2.task/k8s.io/s1/rootfs rw shared:5 - overlay overlay rw
1033: 33 23 0:46 / /run/containerd/io.containerd.runtime.v2.task/k8s.io/a1/rootfs rw shared:6 - overlay overlay rw
1034: 34 22 0:50 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~projected/token rw shared:7 - tmpfs tmpfs rw
1035: 35 22 8:16 / /var/lib/kubelet/plugins/kubernetes.io/csi/d/h/globalmount rw shared:8 - ext4 /dev/sdb rw
1036: 36 22 8:16 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/pv/mount rw shared:8 - ext4 /dev/sdb rw
1037: 37 36 8:32 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/pv/mount/nested rw shared:9 - ext4 /dev/sdc rw
1038: 38 22 8:16 / /var/lib/kubelet/pods/u10/volumes/kubernetes.io~csi/pv/mount rw shared:8 - ext4 /dev/sdb rw
`

const (
	sandboxRootfs = "rootfs /run/containerd/io.containerd.runtime.v2.task/k8s.io/s1/rootfs (io.containerd.runtime.v2.task/k8s.io/s1/rootfs)" +
		" on 0:24:/containerd/io.containerd.runtime.v2.task/k8s.io/s1/rootfs"
	sandboxShm = "shm /run/containerd/io.containerd.grpc.v1.cri/sandboxes/s1/shm (io.containerd.grpc.v1.cri/sandboxes/s1/shm)" +
		" on 0:24:/containerd/io.containerd.grpc.v1.cri/sandboxes/s1/shm"
	podNetns = "netns /run/netns/cni-1 (cni-1) on 0:24:/netns/cni-1"
)

func podVolume(path, on string) string {
	_, rest, _ := strings.Cut(path, "/pods/")
	return "volume " + path + " (pods/" + rest + ") on " + on
}

func TestOwnPod(t *testing.T) {
	const pv = "/var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/pv/mount"
	volumes := []string{
		podVolume("/var/lib/kubelet/pods/u1/volumes/kubernetes.io~projected/token", "254:0:/var/lib/kubelet/pods/u1/volumes/kubernetes.io~projected/token"),
		podVolume(pv, "254:0:"+pv),
		podVolume(pv+"/nested", "8:16:/nested"),
	}
	sandbox := Container{
		ID: "s1", Sandbox: true, PodUID: "u1", Network: "/run/netns/cni-1",
		Rootfs: "/run/containerd/io.containerd.runtime.v2.task/k8s.io/s1/rootfs",
		Shm:    "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/s1/shm",
	}
	for _, test := range []struct {
		name   string
		table  string // kubernetesHost if empty
		change func(*Container)
		want   []string
	}{
		{name: "the sandbox", want: append([]string{sandboxRootfs, sandboxShm, podNetns}, volumes...)},
		{
			name: "a container of the pod",
			change: func(c *Container) {
				c.ID, c.Sandbox, c.Rootfs = "a1", false, strings.ReplaceAll(c.Rootfs, "s1", "a1")
			},
			want: []string{strings.ReplaceAll(sandboxRootfs, "/s1/", "/a1/")},
		},
		{
			name:   "a sandbox in the host's network",
			change: func(c *Container) { c.Network, c.PodUID = "", "" },
			want:   []string{sandboxRootfs, sandboxShm},
		},
		{
			name:   "a network that is in no area",
			table:  replaced(t, kubernetesHost, "30 23 0:4 net:[4026532179] /run/", "30 22 0:4 net:[4026532179] /srv/"),
			change: func(c *Container) { c.Network, c.PodUID = "/srv/netns/cni-1", "" },
			want:   []string{sandboxRootfs, sandboxShm},
		},
		{
			name:   "a network that is a directory of the disk",
			change: func(c *Container) { c.Network, c.PodUID = "/run/netns/cni-2", "" },
			want:   []string{sandboxRootfs, sandboxShm},
		},
		{
			name:   "a file in the place of the network that is no namespace",
			table:  replaced(t, kubernetesHost, "nsfs nsfs", "tmpfs tmpfs"),
			change: func(c *Container) { c.PodUID = "" },
			want:   []string{sandboxRootfs, sandboxShm},
		},
		{
			name:   "a file below the network namespace's file",
			change: func(c *Container) { c.Network, c.PodUID = "/run/netns/cni-1/x", "" },
			want:   []string{sandboxRootfs, sandboxShm},
		},
		{
			name: "a pod that nothing is known of",
			change: func(c *Container) {
				*c = Container{ID: "s1", Sandbox: true}
			},
		},
		{
			name:   "volumes of a pod with a longer name",
			change: func(c *Container) { *c = Container{Sandbox: true, PodUID: "u10"} },
			want: []string{podVolume("/var/lib/kubelet/pods/u10/volumes/kubernetes.io~csi/pv/mount",
				"254:0:/var/lib/kubelet/pods/u10/volumes/kubernetes.io~csi/pv/mount")},
		},
		{
			name:   "a volume that is covered, and one that is mounted on the pod's own directory",
			table:  kubernetesHost + "1070: 70 22 0:77 / /var/lib/kubelet/pods/u10/volumes rw - tmpfs tmpfs rw\n1071: 71 22 0:78 / /var/lib/kubelet/pods/u11 rw - tmpfs tmpfs rw\n",
			change: func(c *Container) { *c = Container{Sandbox: true, PodUID: "u10"} },
			want: []string{podVolume("/var/lib/kubelet/pods/u10/volumes",
				"254:0:/var/lib/kubelet/pods/u10/volumes")},
		},
		{
			name:   "the directory of the pod itself",
			table:  kubernetesHost + "1071: 71 22 0:78 / /var/lib/kubelet/pods/u11 rw - tmpfs tmpfs rw\n",
			change: func(c *Container) { *c = Container{Sandbox: true, PodUID: "u11"} },
		},
		{
			name:   "a directory of that name that is not the kubelet's",
			table:  replaced(t, kubernetesHost, "/var/lib/kubelet/pods/", "/srv/jobs/pods/"),
			change: func(c *Container) { *c = Container{Sandbox: true, PodUID: "u1"} },
		},
		{
			name:   "a user's directory in a volume of a pod",
			change: func(c *Container) { *c = Container{Rootfs: pv + "/nested/rootfs"} },
		},
		{
			name: "a user's directory in a volume of the storage plugin",
			change: func(c *Container) {
				*c = Container{Rootfs: "/var/lib/kubelet/plugins/kubernetes.io/csi/d/h/globalmount"}
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, c := test.table, sandbox
			if table == "" {
				table = kubernetesHost
			}
			if test.change != nil {
				test.change(&c)
			}
			wantLines(t, ownLines(ownOf(t, c, table)), test.want)
		})
	}
}

// podmanHost has the home directory of the storage driver bound to itself and
// made private, as containers/storage does.
const podmanHost = `
1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
1065: 65 22 254:0 /var/lib/containers/storage/overlay /var/lib/containers/storage/overlay rw - ext4 /dev/vda rw
1066: 66 22 0:41 / /var/lib/containers/storage/overlay-containers/c1/userdata/shm rw shared:23 - tmpfs shm rw
1069: 69 65 0:42 / /var/lib/containers/storage/overlay/l1/merged rw - overlay overlay rw
1070: 70 22 0:55 / /srv/root rw shared:24 - tmpfs tmpfs rw
1071: 71 22 0:56 / /var/lib/containers/storage/volumes/v/_data rw shared:25 - tmpfs tmpfs rw
`

func TestOwnPodman(t *testing.T) {
	const (
		rootfs = "rootfs /var/lib/containers/storage/overlay/l1/merged (overlay/l1/merged) on 254:0:/var/lib/containers/storage/overlay/l1/merged"
		shm    = "shm /var/lib/containers/storage/overlay-containers/c1/userdata/shm (overlay-containers/c1/userdata/shm) " +
			"on 254:0:/var/lib/containers/storage/overlay-containers/c1/userdata/shm"
	)
	for _, test := range []struct {
		name      string
		container Container
		want      []string
	}{
		{
			"below the private directory",
			Container{ID: "c1", Rootfs: "/var/lib/containers/storage/overlay/l1/merged", Shm: "/var/lib/containers/storage/overlay-containers/c1/userdata/shm"},
			[]string{rootfs, shm},
		},
		{
			"--ipc container:c1",
			Container{ID: "c2", Shm: "/var/lib/containers/storage/overlay-containers/c1/userdata/shm"},
			nil,
		},
		{"a layer that is not mounted", Container{ID: "c2", Rootfs: "/var/lib/containers/storage/overlay/l2/merged"}, nil},
		{"--rootfs on the disk", Container{ID: "c1", Rootfs: "/srv/images/one"}, nil},
		{"--rootfs on a mount of the user's", Container{ID: "c1", Rootfs: "/srv/root"}, nil},
		{"--rootfs on a volume", Container{ID: "c1", Rootfs: "/var/lib/containers/storage/volumes/v/_data"}, nil},
		{"--rootfs below a volume", Container{ID: "c1", Rootfs: "/var/lib/containers/storage/volumes/v/_data/x"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantLines(t, ownLines(ownOf(t, test.container, podmanHost)), test.want)
		})
	}
}
