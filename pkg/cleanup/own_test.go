package cleanup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// ownLines writes what a container owns, one line each.
func ownLines(owned []Owned) []string {
	var lines []string
	for _, o := range owned {
		lines = append(lines, fmt.Sprintf("%s %s (%s) on %s:%s", o.Kind, o.Path, o.Tail, o.On.Device, o.On.Path))
	}
	return lines
}

const dockerHost = `
1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
1023: 23 22 0:24 / /run rw shared:2 - tmpfs tmpfs rw
1040: 40 22 0:60 / /var/lib/docker/overlay2/aaa/merged rw shared:10 - overlay overlay rw,upperdir=/var/lib/docker/overlay2/aaa/diff
1041: 41 22 0:61 / /var/lib/docker/containers/c1/mounts/shm rw shared:11 - tmpfs shm rw
1042: 42 23 0:4 net:[4026532401] /run/docker/netns/1c8a rw shared:12 - nsfs nsfs rw
1043: 43 22 0:62 / /var/lib/docker/overlay2/bbb/merged rw shared:13 - overlay overlay rw
1044: 44 22 0:63 / /var/lib/docker/containers/c2/mounts/shm rw shared:14 - tmpfs shm rw
1045: 45 23 0:4 net:[4026531840] /run/docker/netns/default rw shared:15 - nsfs nsfs rw
`

func TestOwnDocker(t *testing.T) {
	const (
		rootfs = "rootfs /var/lib/docker/overlay2/aaa/merged (overlay2/aaa/merged) on 254:0:/var/lib/docker/overlay2/aaa/merged"
		shm    = "shm /var/lib/docker/containers/c1/mounts/shm (containers/c1/mounts/shm) on 254:0:/var/lib/docker/containers/c1/mounts/shm"
		netns  = "netns /run/docker/netns/1c8a (netns/1c8a) on 0:24:/docker/netns/1c8a"
	)
	for _, test := range []struct {
		name      string
		table     string // dockerHost if empty
		container Container
		want      []string
	}{
		{
			name: "overlay2, shareable shm and a network of its own",
			container: Container{
				ID: "c1", Rootfs: "/var/lib/docker/overlay2/aaa/merged",
				Shm: "/var/lib/docker/containers/c1/mounts/shm", NetworkInode: 4026532401,
			},
			want: []string{rootfs, shm, netns},
		},
		{
			name:      "host network",
			container: Container{ID: "c1", Rootfs: "/var/lib/docker/overlay2/aaa/merged", Network: "/run/docker/netns/default"},
			want:      []string{rootfs},
		},
		{
			name:      "the network of another container, by the file of dockerd",
			container: Container{ID: "c1", Network: "/run/docker/netns/1c8a"},
		},
		{
			name:      "the network of another container, by its process",
			container: Container{ID: "c1", Network: "/proc/77/ns/net"},
		},
		{
			name: "the file that one joins counts, not the namespace one is in",
			container: Container{
				ID: "c1", Network: "/proc/77/ns/net", NetworkInode: 4026532401,
			},
		},
		{name: "a network namespace with a longer number", container: Container{NetworkInode: 40265324010}},
		{name: "a network namespace that nothing is known of", container: Container{NetworkInode: 0},
			table: replaced(t, dockerHost, "net:[4026532401]", "net:[0]")},
		{
			name:      "its network namespace is bound elsewhere only",
			table:     replaced(t, dockerHost, "/run/docker/netns/1c8a", "/run/netns/mine"),
			container: Container{NetworkInode: 4026532401},
		},
		{
			name:      "its network namespace is bound elsewhere as well",
			table:     replaced(t, dockerHost, "1042: 42", "1050: 50 23 0:4 net:[4026532401] /run/netns/mine rw - nsfs nsfs rw\n1042: 42"),
			container: Container{NetworkInode: 4026532401},
			want:      []string{netns},
		},
		{
			name:      "all of dockerd's directory is bound elsewhere as well",
			table:     replaced(t, dockerHost, "1042: 42", "1050: 50 22 0:4 net:[4026532401] /mnt/docker/netns/1c8a rw - nsfs nsfs rw\n1042: 42"),
			container: Container{NetworkInode: 4026532401},
			want:      []string{netns},
		},
		{
			name:      "its network namespace is covered",
			table:     dockerHost + "1060: 60 23 0:70 / /run/docker rw - tmpfs tmpfs rw\n",
			container: Container{NetworkInode: 4026532401},
		},
		{
			name:      "a file of that name that is no namespace",
			table:     replaced(t, dockerHost, "nsfs nsfs", "tmpfs tmpfs"),
			container: Container{NetworkInode: 4026532401},
		},
		{
			name:      "the shm of another container",
			container: Container{ID: "c1", Shm: "/var/lib/docker/containers/c2/mounts/shm"},
		},
		{
			name:      "an identifier that begins like the owner of the shm",
			container: Container{ID: "c", Shm: "/var/lib/docker/containers/c1/mounts/shm"},
		},
		{
			name:      "an identifier that is a name in the path of another's shm",
			container: Container{ID: "containers", Shm: "/var/lib/docker/containers/c2/mounts/shm"},
		},
		{
			name:      "an identifier that is a name below another's directory",
			container: Container{ID: "mounts", Shm: "/var/lib/docker/containers/c2/mounts/shm"},
		},
		{
			name:      "no identifier",
			container: Container{Shm: "/var/lib/docker/containers/c2/mounts/shm"},
		},
		{
			name:      "the shm is a directory of the disk",
			container: Container{ID: "c3", Shm: "/var/lib/docker/containers/c3/mounts/shm"},
		},
		{
			name:      "the shm is a directory in a mount of its own",
			container: Container{ID: "c1", Shm: "/var/lib/docker/containers/c1/mounts/shm/deeper"},
		},
		{
			name:      "the shm is outside of all areas",
			table:     replaced(t, dockerHost, "/var/lib/docker/containers/c1/mounts", "/srv/c1"),
			container: Container{ID: "c1", Shm: "/srv/c1/shm"},
		},
		{
			name: "devicemapper has the root below the mount",
			table: replaced(t, dockerHost, "0:60 / /var/lib/docker/overlay2/aaa/merged", "253:3 / /var/lib/docker/devicemapper/mnt/aaa",
				"- overlay overlay rw,upperdir=/var/lib/docker/overlay2/aaa/diff", "- xfs /dev/mapper/docker-aaa rw"),
			container: Container{Rootfs: "/var/lib/docker/devicemapper/mnt/aaa/rootfs"},
			want: []string{"rootfs /var/lib/docker/devicemapper/mnt/aaa (devicemapper/mnt/aaa) " +
				"on 254:0:/var/lib/docker/devicemapper/mnt/aaa"},
		},
		{name: "vfs", container: Container{Rootfs: "/var/lib/docker/vfs/dir/aaa"}},
		{name: "btrfs", container: Container{Rootfs: "/var/lib/docker/btrfs/subvolumes/aaa"}},
		{
			name:      "btrfs, the root being a disk of its own",
			table:     dockerHost + "1050: 50 22 0:41 / /var/lib/docker rw - btrfs /dev/vdb rw\n",
			container: Container{Rootfs: "/var/lib/docker/btrfs/subvolumes/aaa"},
		},
		{
			name:      "btrfs, the directory of all owners being bound to itself",
			table:     dockerHost + "1050: 50 22 0:41 /x /var/lib/docker/btrfs/subvolumes rw - btrfs /dev/vdb rw\n",
			container: Container{Rootfs: "/var/lib/docker/btrfs/subvolumes/aaa"},
		},
		{
			name:      "a bundle on the host's disk",
			container: Container{Rootfs: "/srv/bundle/rootfs"},
		},
		{
			name:      "a directory that looks like dockerd's",
			table:     replaced(t, dockerHost, "/var/lib/docker/overlay2/aaa/", "/var/lib/docker-old/overlay2/aaa/"),
			container: Container{Rootfs: "/var/lib/docker-old/overlay2/aaa/merged"},
		},
		{
			name:      "the same names deeper",
			table:     replaced(t, dockerHost, "/var/lib/docker/overlay2/aaa/", "/var/lib/docker/x/overlay2/aaa/"),
			container: Container{Rootfs: "/var/lib/docker/x/overlay2/aaa/merged"},
		},
		{
			name:      "the same names higher",
			table:     replaced(t, dockerHost, "/var/lib/docker/overlay2/aaa/", "/var/lib/overlay2/aaa/"),
			container: Container{Rootfs: "/var/lib/overlay2/aaa/merged"},
		},
		{
			name:      "a volume that its user made a root file system",
			table:     replaced(t, dockerHost, "/var/lib/docker/overlay2/aaa/merged", "/var/lib/docker/volumes/v/_data"),
			container: Container{Rootfs: "/var/lib/docker/volumes/v/_data"},
		},
		{
			name:      "a mount over the root file system",
			table:     dockerHost + "1050: 50 40 0:70 / /var/lib/docker/overlay2/aaa/merged rw - tmpfs tmpfs rw\n",
			container: Container{Rootfs: "/var/lib/docker/overlay2/aaa/merged"},
			want:      []string{strings.Replace(rootfs, "254:0:/var/lib/docker/overlay2/aaa/merged", "0:60:/", 1)},
		},
		{
			name:      "a mount over the directory that it is in",
			table:     dockerHost + "1050: 50 22 0:70 / /var/lib/docker rw - tmpfs tmpfs rw\n",
			container: Container{Rootfs: "/var/lib/docker/overlay2/aaa/merged"},
		},
		{
			name:      "a mount over the host's root",
			table:     dockerHost + "1050: 50 22 0:70 / / rw - tmpfs tmpfs rw\n",
			container: Container{Rootfs: "/var/lib/docker/overlay2/aaa/merged"},
		},
		{
			name:      "a table without a root",
			table:     replaced(t, dockerHost, "1022: 22 1 254:0 / / ", "1022: 22 1 254:0 / /mnt "),
			container: Container{Rootfs: "/var/lib/docker/overlay2/aaa/merged"},
		},
		{
			name:      "the root is mounted on itself",
			table:     replaced(t, dockerHost, "1022: 22 1 ", "1022: 22 22 "),
			container: Container{Rootfs: "/var/lib/docker/overlay2/aaa/merged"},
			want:      []string{rootfs},
		},
		{
			name:      "a mount beside it that is out of reach",
			table:     dockerHost + "1050: 50 22 0:70 / none rw - tmpfs tmpfs rw\n",
			container: Container{Rootfs: "/var/lib/docker/overlay2/aaa/merged"},
			want:      []string{rootfs},
		},
		{name: "nothing is known", container: Container{ID: "c1", Sandbox: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := test.table
			if table == "" {
				table = dockerHost
			}
			wantLines(t, ownLines(ownOf(t, test.container, table)), test.want)
		})
	}
}

// TestOwnKeeps looks at what the lines above leave out.
func TestOwnKeeps(t *testing.T) {
	owned := ownOf(t, Container{NetworkInode: 4026532401}, dockerHost)
	want := Owned{
		Kind: Netns, Path: "/run/docker/netns/1c8a", Tail: "netns/1c8a",
		Device: mount.Device{Major: 0, Minor: 4}, Root: "net:[4026532401]", FSType: "nsfs",
		UniqueID: 1042, OldID: 42, On: Place{Device: mount.Device{Major: 0, Minor: 24}, Path: "/docker/netns/1c8a"},
	}
	if len(owned) != 1 || owned[0] != want {
		t.Errorf("got %+v, want %+v", owned, want)
	}
}

// TestOwnOfSeveralAreas has one path in two of them: most of it has to agree.
func TestOwnOfSeveralAreas(t *testing.T) {
	table := replaced(t, dockerHost, "/var/lib/docker/overlay2/aaa/merged", "/srv/c/volumes/v/_data/overlay2/aaa/merged")
	inner := spec.Area{Root: "/srv/c/volumes/v/_data", Owner: "overlay2/*"}
	outer := spec.Area{Root: "/srv", Owner: "c/*"}
	volumes := spec.Area{Root: "/srv/c", Owner: "volumes/*"}
	mounts, _ := tableOf(t, table)
	for _, test := range []struct {
		name  string
		areas []spec.Area
		tail  string
	}{
		{"inner and outer", []spec.Area{inner, outer}, "c/volumes/v/_data/overlay2/aaa/merged"},
		{"outer and inner", []spec.Area{outer, inner}, "c/volumes/v/_data/overlay2/aaa/merged"},
		{"a root that is not clean", []spec.Area{{Root: inner.Root + "/", Owner: inner.Owner + "/"}}, "overlay2/aaa/merged"},
		{"one of them keeps volumes", []spec.Area{volumes, outer}, ""},
		{"the shorter one keeps volumes", []spec.Area{outer, volumes}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			owned := Own(Container{Rootfs: "/srv/c/volumes/v/_data/overlay2/aaa/merged"}, test.areas, mounts)
			if test.tail == "" {
				if len(owned) > 0 {
					t.Errorf("owned: %+v", owned)
				}
			} else if len(owned) != 1 || owned[0].Tail != test.tail {
				t.Errorf("got %+v, want the tail %s", owned, test.tail)
			}
		})
	}
}

func TestOwnerName(t *testing.T) {
	for owner, want := range map[string]string{
		"a/*": "b", "a/*/": "b", "a//*": "b", "*": "a", "a/*/*": "c", "a/b/c/*": "c",
	} {
		if got := ownerName(spec.Area{Root: "/srv", Owner: owner}, "a/b/c"); got != want {
			t.Errorf("%s: %s, want %s", owner, got, want)
		}
	}
}
