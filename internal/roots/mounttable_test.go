package roots

import (
	"testing"

	"github.com/unbusy/unbusy/pkg/spec"
)

func TestShapeOf(t *testing.T) {
	const uid = "0f8a5c1e-3b1d-4a77-9a54-5c0f2e6f3d11"
	tests := []struct {
		mount string // "fstype mountpoint"
		want  string // "engine kind root pattern", empty for none
	}{
		{"overlay /home/docker_rt/overlay2/" + id + "/merged", "docker data root /home/docker_rt /overlay2/<id>/merged"},
		{"overlay /x/overlay2/" + id + "-init/merged", "docker data root /x /overlay2/<id>/merged"},
		{"overlay /x/overlay/" + id + "/merged", "podman graph root /x /overlay/<id>/merged"},
		{"tmpfs /x/containers/" + id + "/mounts/shm", "docker data root /x /containers/<id>/mounts/shm"},
		{"tmpfs /x/containers/" + id + "/mounts/secrets", "docker data root /x /containers/<id>/mounts/shm"},
		{"tmpfs /x/containers/" + id + "/shm", "docker data root /x /containers/<id>/shm"},
		{"tmpfs /x/overlay-containers/" + id + "/userdata/shm", "podman graph root /x /overlay-containers/<id>/userdata/shm"},
		{"overlay /x/rootfs/overlayfs/" + id, "docker data root /x /rootfs/<snapshotter>/<id>"},
		{"ext4 /x/devicemapper/mnt/" + id, "docker data root /x /devicemapper/mnt/<id>"},
		{"xfs /x/devicemapper/mnt/" + id + "-init", "docker data root /x /devicemapper/mnt/<id>"},
		{"aufs /x/aufs/mnt/" + id, "docker data root /x /aufs/mnt/<id>"},
		{"btrfs /x/btrfs/subvolumes/" + id, "docker data root /x /btrfs/subvolumes/<id>"},
		{"zfs /x/zfs/graph/" + id, "docker data root /x /zfs/graph/<id>"},
		{"overlay /x/plugins/" + id + "/rootfs", "docker data root /x /plugins/<id>/rootfs"},
		{"ext4 /x/plugins/" + id + "/propagated-mount", "docker data root /x /plugins/<id>/rootfs"},
		{"overlay /x/buildkit/executor/pz5bq0/rootfs", "docker data root /x /buildkit/executor/<id>/rootfs"},
		{"overlay /x/runc-overlayfs/executor/pz5bq0/rootfs", "buildkit data root /x /runc-<snapshotter>/executor/<id>/rootfs"},
		{"overlay /x/io.containerd.runtime.v2.task/k8s.io/" + id + "/rootfs", "containerd state directory /x /io.containerd.runtime.v2.task/<ns>/<id>/rootfs"},
		{"overlay /x/io.containerd.runtime.v1.linux/moby/" + id + "/rootfs", "containerd state directory /x /io.containerd.runtime.v1.linux/<ns>/<id>/rootfs"},
		{"tmpfs /x/io.containerd.grpc.v1.cri/sandboxes/" + id + "/shm", "containerd state directory /x /io.containerd.grpc.v1.cri/sandboxes/<id>/shm"},
		{"overlay /x/io.containerd.grpc.v1.cri/image-volumes/" + id + "/" + id, "containerd state directory /x /io.containerd.grpc.v1.cri/image-volumes/<id>/<image>"},
		{"nsfs /x/io.containerd.grpc.v1.cri/netns/cni-1", "containerd state directory /x /io.containerd.grpc.v1.cri/netns/<name>"},
		{"erofs /x/io.containerd.mount-manager.v1.bolt/t/4/1", "containerd state directory /x /io.containerd.mount-manager.v1.bolt/t/<n>"},
		{"fuse.rawBridge /x/io.containerd.snapshotter.v1.stargz/snapshots/3/fs", "containerd data root /x /io.containerd.snapshotter.v1.<name>/snapshots/<n>"},
		{"tmpfs /x/pods/" + uid + "/volumes/kubernetes.io~projected/kube-api-access-9xw2l", "kubelet kubelet directory /x /pods/<uid>/volumes/..."},
		{"ext4 /x/pods/" + uid + "/volume-subpaths/data/app/0", "kubelet kubelet directory /x /pods/<uid>/volumes/..."},
		{"tmpfs /x/pods/4d3c2b1a4d3c2b1a4d3c2b1a4d3c2b1a/volumes/kubernetes.io~empty-dir/a", "kubelet kubelet directory /x /pods/<uid>/volumes/..."},
		{"tmpfs /pods/x/pods/" + uid + "/volumes/kubernetes.io~empty-dir/a", "kubelet kubelet directory /pods/x /pods/<uid>/volumes/..."},
		{"ext4 /x/plugins/kubernetes.io/csi/rbd.csi.ceph.com/1f2e/globalmount", "kubelet kubelet directory /x /plugins/kubernetes.io/<plugin>/..."},
		{"nsfs /x/netns/cni-5b1c", "namespaces namespace directory /x/netns /<name>"},
		{"nsfs /x/utsns/7c6f", "namespaces namespace directory /x/utsns /<name>"},
		{"nsfs /x/netns/5b1c0d2e3f4a", "docker exec root /x /netns/<key>"},
		{"proc /x/netns/5b1c0d2e3f4a", "docker exec root /x /netns/<key>"},
		{"nsfs /x/netns/5b1c0d2e3f4", "namespaces namespace directory /x/netns /<name>"},
		{"nsfs /x/netns/5b1c0d2e3f4A", "namespaces namespace directory /x/netns /<name>"},
		{"nsfs /x/netns/default", "namespaces namespace directory /x/netns /<name>"},
		{"nsfs /x/ipcns/5b1c0d2e3f4a", "namespaces namespace directory /x/ipcns /<name>"},
		{"nsfs /x/run/netns/5b1c0d2e3f4a", "namespaces namespace directory /x/run/netns /<name>"},
		{"nsfs /netns/5b1c0d2e3f4a", "namespaces namespace directory /netns /<name>"},
		{"tmpfs /x/netns/5b1c0d2e3f4a", ""},
		{"proc /x/netns/cni-5b1c", "namespaces namespace directory /x/netns /<name>"},
		{"nsfs /x/net/cni/abc", "buildkit data root /x /net/cni/<id>"},
		// Names that only look like an engine's.
		{"overlay /x/overlay2/abc/merged", ""},
		{"overlay /x/overlay2/" + id[1:] + "/merged", ""},
		{"overlay /x/overlay2/" + id[1:] + "X/merged", ""},
		{"overlay /x/overlay3/" + id + "/merged", ""},
		{"overlay /x/overlay2/" + id + "/diff", ""},
		{"tmpfs /x/containers/web/shm", ""},
		{"tmpfs /x/" + id + "/mounts/shm", ""},
		{"tmpfs /x/my-containers/" + id + "/userdata/shm", ""},
		{"tmpfs /dev/shm", ""},
		{"ext4 /x/pods/blue/volumes/a", ""},
		{"ext4 /x/pods/" + uid + "/etc-hosts", ""},
		{"ext4 /x/pods/0f8a5c1e-3b1d-4a77-9a54_5c0f2e6f3d11/volumes/a", ""},
		{"tmpfs /x/netns/cni", ""},
		{"nsfs /run/snapd/ns/lxd.mnt", ""},
		{"ext4 /x/io.containerd.other.v1.x/snapshots/3", ""},
		{"ext4 /x/io.containerd.snapshotter.v1.overlayfs/metadata", ""},
		{"ext4 /x/io.containerd.mount-manager.v1.bolt/u/3", ""},
		{"ext4 /x/io.containerd.", ""},
		{"nsfs /x/net/other/abc", ""},
		{"nsfs /x/other/cni/abc", ""},
		{"ext4 /x/" + id, ""},
		{"ext4 /x/foo/mnt/" + id, ""},
		{"ext4 /x/foo/subvolumes/" + id, ""},
		{"ext4 /x/foo/graph/" + id, ""},
		{"ext4 /x/devicemapper/foo/" + id, ""},
		{"ext4 /x/aufs/foo/" + id, ""},
		{"ext4 /x/btrfs/foo/" + id, ""},
		{"ext4 /x/zfs/foo/" + id, ""},
		{"tmpfs /x/io.containerd.grpc.v1.cri/containers/1", ""},
		{"overlay /x/plugins/web/rootfs", ""},
		{"overlay /x/other/executor/pz5bq0/rootfs", ""},
		{"ext4 /", ""},
		{"rootfs merged", ""},
	}
	for _, tt := range tests {
		m := mounts(tt.mount)[0]
		got := ""
		if s, ok := shapeOf(m.Mountpoint, isNamespace(m)); ok {
			got = string(s.layout.engine) + " " + string(s.layout.kind) + " " + s.root + " " + s.pattern
			if !contains(spec.Area{Root: s.root, Owner: ownerOf(s, m.Mountpoint)}, m.Mountpoint) {
				t.Errorf("%s: in no area of its own layout", tt.mount)
			}
		}
		if got != tt.want {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.mount, got, tt.want)
		}
	}
}

// ownerOf returns the pattern of the layout that the mount point matches.
func ownerOf(s shape, mountpoint string) string {
	for _, owner := range s.layout.owners {
		if contains(spec.Area{Root: s.root, Owner: owner}, mountpoint) {
			return owner
		}
	}
	return ""
}

func TestFindMountTable(t *testing.T) {
	runFind(t, []search{
		{
			name: "nothing but mounts",
			mounts: mounts(
				"ext4 /",
				"overlay /home/docker_rt/overlay2/"+id+"/merged",
				"tmpfs /home/docker_rt/containers/"+id+"/mounts/shm",
				"nsfs /srv/exec/netns/5b1c",
				"overlay /srv/k3s/state/io.containerd.runtime.v2.task/k8s.io/"+id+"/rootfs",
				"overlay /srv/k3s/state/io.containerd.runtime.v2.task/k8s.io/"+id[1:]+"0/rootfs",
				"tmpfs /srv/kubelet/pods/0f8a5c1e-3b1d-4a77-9a54-5c0f2e6f3d11/volumes/kubernetes.io~secret/a",
				"overlay /overlay2/"+id+"/merged",
			),
			want: []string{
				"containerd state directory /srv/k3s/state (mount table: /srv/k3s/state/io.containerd.runtime.v2.task/<ns>/<id>/rootfs)",
				"docker data root /home/docker_rt (mount table: /home/docker_rt/overlay2/<id>/merged)",
				"kubelet kubelet directory /srv/kubelet (mount table: /srv/kubelet/pods/<uid>/volumes/...)",
				"namespaces namespace directory /srv/exec/netns (mount table: /srv/exec/netns/<name>)",
			},
			covers: []string{"/home", "/home/docker_rt/volumes", "/srv/k3s", "/srv/kubelet/plugins", "/srv/exec/netns"},
			not:    []string{"/overlay2"},
		},
		{
			name: "what is known already is not learnt again",
			files: files{
				"/etc/docker/daemon.json":      `{"data-root": "/srv/docker", "exec-root": "/srv/exec"}`,
				"/var/lib/containers/storage/": "",
			},
			mounts: mounts(
				"overlay /srv/docker/overlay/"+id+"/merged",
				"nsfs /srv/exec/netns/5b1c",
				"btrfs /var/lib/containers/storage/btrfs/subvolumes/"+id,
				"overlay /srv/docker/volumes/inner/_data/overlay2/"+id+"/merged",
			),
			want: []string{
				"docker data root /srv/docker (/etc/docker/daemon.json: data-root)",
				"docker exec root /srv/exec (/etc/docker/daemon.json: exec-root)",
				"podman graph root /var/lib/containers/storage (default)",
			},
		},
		{
			name:   "an exec root of dockerd's, whatever is there first",
			mounts: mounts("nsfs /srv/exec/netns/default", "nsfs /srv/exec/netns/5b1c0d2e3f4a", "nsfs /srv/exec/netns/6b1c0d2e3f4a"),
			want:   []string{"docker exec root /srv/exec (mount table: /srv/exec/netns/<key>)"},
			covers: []string{"/srv/exec", "/srv/exec/netns"},
		},
		{
			name:   "a namespace that somebody keeps is not dockerd's for its name",
			files:  files{"/run/netns/": ""},
			mounts: mounts("nsfs /run/netns/5b1c0d2e3f4a", "nsfs /mnt/run/netns/5b1c0d2e3f4a"),
			want: []string{
				"namespaces namespace directory /mnt/run/netns (mount table: /mnt/run/netns/<name>)",
				"namespaces namespace directory /run/netns (default)",
			},
		},
		{
			name:   "behind a symbolic link the same root",
			files:  files{"/var/lib/docker": "-> /mnt/docker", "/mnt/docker/": ""},
			mounts: mounts("overlay /mnt/docker/overlay2/" + id + "/merged"),
			want:   []string{"docker data root /var/lib/docker -> /mnt/docker (default)"},
		},
	})
}
