package cleanup

import (
	"testing"

	"github.com/unbusy/unbusy/pkg/mount"
)

// The stage of most plans: a host where everything is shared, with one stopped
// container's root file system, and an agent that came later.
const (
	stageHost = `
1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
1040: 40 22 0:60 / /var/lib/docker/overlay2/aaa/merged rw shared:10 - overlay overlay rw,upperdir=/up/aaa
`
	// stageGone is the host after the engine's unmount.
	stageGone = `
1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
`
	// stageAgent has made its copy of the host private.
	stageAgent = `
1100: 100 1 254:0 / / rw - ext4 /dev/vda rw
1101: 101 100 0:60 / /var/lib/docker/overlay2/aaa/merged rw - overlay overlay rw,upperdir=/up/aaa
`
	merged = "/var/lib/docker/overlay2/aaa/merged"
)

var (
	original  = "host " + merged + " original: " + string(RefuseOriginal)
	stoppedOf = Container{ID: "c1", Rootfs: merged}
)

// planCase is a scene and what is planned in it.
type planCase struct {
	name               string
	host, agent, third string // "" is stageHost, stageAgent and none; "none" is none
	// victim is the host's table when the container was started, "" for host.
	victim  string
	change  func(*Scene, []Owned)
	options Options
	want    []string
}

func (test planCase) run(t *testing.T) {
	t.Helper()
	pick := func(table, otherwise string) string {
		switch table {
		case "":
			return otherwise
		case "none":
			return ""
		}
		return table
	}
	onHost := pick(test.host, stageHost)
	owned := ownOf(t, stoppedOf, pick(test.victim, onHost))
	if len(owned) != 1 {
		t.Fatalf("owned: %+v", owned)
	}
	scene := sceneOf(t, onHost, pick(test.agent, stageAgent), test.third)
	if test.change != nil {
		test.change(&scene, owned)
	}
	plan := Plan(owned, scene, test.options)
	wantLines(t, explain(plan), test.want)
	for _, c := range plan {
		if c.Owned != owned[0] {
			t.Errorf("a copy of %+v", c.Owned)
		}
	}
}

func TestPlanKinds(t *testing.T) {
	slaveAgent := replaced(t, stageAgent, "/ / rw", "/ / rw master:1", "merged rw", "merged rw master:10")
	peerAgent := replaced(t, stageAgent, "/ / rw", "/ / rw shared:1", "merged rw", "merged rw shared:10")
	leafAgent := replaced(t, stageAgent, merged, "/backup")
	fuse := "1102: 102 100 0:90 / /var/lib rw - fuse.sshfs remote rw\n"
	underFuse := replaced(t, stageAgent, "101 100 0:60", "101 102 0:60") + fuse
	mayHang := Options{MayHang: func(fstype string) bool { return fstype == "fuse.sshfs" }}
	const private = "agent " + merged + " private: "
	for _, test := range []planCase{
		{name: "private", want: []string{original, private + "goes"}},
		{name: "slave", agent: slaveAgent, want: []string{original, "agent " + merged + " slave: goes"}},
		{
			name: "slave and in a group of its own", agent: replaced(t, slaveAgent, "master:1 ", "shared:70 master:1 "),
			want: []string{original, "agent " + merged + " slave: goes"},
		},
		{name: "peer", agent: peerAgent, want: []string{original, "agent " + merged + " peer: " + string(RefusePeer)}},
		{name: "peer that is bound elsewhere", agent: replaced(t, peerAgent, merged, "/backup"), options: Options{Leaf: true},
			want: []string{original, "agent /backup peer: " + string(RefusePeer)}},
		{name: "leaf", agent: leafAgent, want: []string{original, "agent /backup leaf: " + string(RefuseLeaf)}},
		{name: "leaf, asked for", agent: leafAgent, options: Options{Leaf: true}, want: []string{original, "agent /backup leaf: goes"}},
		{
			name: "leaf of a directory", agent: replaced(t, stageAgent, "0:60 /", "0:60 /etc"),
			want: []string{original, "agent " + merged + " leaf: " + string(RefuseLeaf)},
		},
		{
			name: "of another user namespace", change: func(s *Scene, _ []Owned) { s.Namespaces[1].UserNamespace = true },
			want: []string{original, "agent " + merged + " locked: goes"},
		},
		{
			name: "leaf of another user namespace", agent: leafAgent,
			change: func(s *Scene, _ []Owned) { s.Namespaces[1].UserNamespace = true },
			want:   []string{original, "agent /backup leaf: " + string(RefuseLeaf)},
		},
		{
			name: "an engine lives with it", change: func(s *Scene, _ []Owned) { s.Namespaces[1].Protected = "podman" },
			want: []string{original, private + string(RefuseProtected)},
		},
		{
			name: "an engine lives with it, and everything is asked for", agent: leafAgent,
			options: Options{Leaf: true, Host: true, ByPlace: true},
			change:  func(s *Scene, _ []Owned) { s.Namespaces[1].Protected = "podman" },
			want:    []string{original, "agent /backup leaf: " + string(RefuseProtected)},
		},
		{
			name: "a container has it for its root", agent: "1101: 101 1 0:60 / / rw - overlay overlay rw\n", options: Options{Leaf: true},
			want: []string{original, "agent / root: " + string(RefuseRoot)},
		},
		{
			name: "a thread has it for its root", change: func(s *Scene, _ []Owned) { s.Namespaces[1].Roots = []uint64{100, 101} },
			want: []string{original, "agent " + merged + " root: " + string(RefuseRoot)},
		},
		{
			name: "a thread has its root below", agent: stageAgent + "1102: 102 101 0:99 / " + merged + "/proc rw - proc proc rw\n" +
				"1103: 103 102 0:98 / " + merged + "/proc/x rw - tmpfs tmpfs rw\n",
			change: func(s *Scene, _ []Owned) { s.Namespaces[1].Roots = []uint64{103} },
			want:   []string{original, "agent " + merged + " root: " + string(RefuseRoot)},
		},
		{
			name: "threads have their roots above and elsewhere", agent: stageAgent + "1102: 102 100 0:99 / /tmp rw - tmpfs tmpfs rw\n",
			change: func(s *Scene, _ []Owned) { s.Namespaces[1].Roots = []uint64{100, 102, 12345} },
			want:   []string{original, private + "goes"},
		},
		{
			name: "outside of the chroot of whoever looks", agent: replaced(t, stageAgent, merged, "none"), options: Options{Leaf: true},
			want: []string{original, "agent (nowhere) leaf: " + string(RefuseNoPath)},
		},
		{
			name: "what it is mounted on cannot be seen", agent: replaced(t, stageAgent, "101 100 ", "101 99 "),
			want: []string{original, private + string(RefuseNoPath)},
		},
		{name: "below FUSE", agent: underFuse, options: mayHang, want: []string{original, private + string(RefuseMayHang)}},
		{name: "below FUSE, nobody minds", agent: underFuse, want: []string{original, private + "goes"}},
		{name: "FUSE that covers the way", agent: stageAgent + fuse, options: mayHang, want: []string{original, private + string(RefuseMayHang)}},
		{
			name: "FUSE beside it", agent: stageAgent + replaced(t, fuse, "/var/lib ", "/var/lib/docker/overlay2/aa "), options: mayHang,
			want: []string{original, private + "goes"},
		},
		{
			name: "FUSE on it", agent: stageAgent + replaced(t, fuse, "102 100", "102 101", "/var/lib ", merged+" "), options: mayHang,
			want: []string{original, private + string(RefuseMayHang)},
		},
		{
			name: "FUSE under it", agent: replaced(t, stageAgent, "101 100", "101 102") + replaced(t, fuse, "/var/lib ", merged+" "),
			options: mayHang, want: []string{original, private + "goes"},
		},
		{
			name: "FUSE that is out of reach", agent: stageAgent + replaced(t, fuse, "/var/lib ", "none "), options: mayHang,
			want: []string{original, private + "goes"},
		},
		{
			name: "itself FUSE", host: replaced(t, stageHost, "overlay overlay", "fuse.sshfs x"), agent: replaced(t, stageAgent, "overlay overlay", "fuse.sshfs x"),
			options: mayHang, want: []string{original, private + "goes"},
		},
		{name: "the container lives", options: Options{InUse: "it lives"}, want: []string{original, private + "it lives"}},
		{
			name: "the container lives, and another reason was found before", agent: leafAgent, options: Options{InUse: "it lives"},
			want: []string{original, "agent /backup leaf: " + string(RefuseLeaf)},
		},
		{name: "private ones only", options: Options{PrivateOnly: true}, want: []string{original, private + "goes"}},
		{
			name: "private ones only, and it is a slave", agent: slaveAgent, options: Options{PrivateOnly: true},
			want: []string{original, "agent " + merged + " slave: " + string(RefuseNotAsked)},
		},
		{
			name: "private ones only, and it is locked", options: Options{PrivateOnly: true},
			change: func(s *Scene, _ []Owned) { s.Namespaces[1].UserNamespace = true },
			want:   []string{original, "agent " + merged + " locked: " + string(RefuseNotAsked)},
		},
		{
			name: "private ones only, and everything else is asked for", agent: leafAgent,
			host:    stageHost + "1041: 41 22 0:60 / /mnt rw - overlay overlay rw\n",
			options: Options{PrivateOnly: true, Leaf: true, Host: true},
			want:    []string{original, "agent /backup leaf: " + string(RefuseNotAsked), "host /mnt alias: " + string(RefuseNotAsked)},
		},
	} {
		t.Run(test.name, test.run)
	}
}

func TestPlanPlaces(t *testing.T) {
	const tail = "overlay2/aaa/merged"
	bound := func(root, path, at string) string {
		return "1100: 100 1 0:77 / / rw - overlay overlay rw\n1102: 102 100 254:0 " + root + " " + path + " rw - ext4 /dev/vda rw\n" +
			"1103: 103 102 0:60 / " + at + " rw - overlay overlay rw,upperdir=/up/aaa\n"
	}
	for _, test := range []planCase{
		{
			name: "the host's root, bound elsewhere", agent: bound("/", "/host", "/host"+merged),
			want: []string{"agent /host" + merged + " private: goes", original},
		},
		{
			name: "only the directory of all layers, under another name", agent: bound("/var/lib/docker/overlay2", "/layers", "/layers/aaa/merged"),
			want: []string{original, "agent /layers/aaa/merged private: goes"},
		},
		{
			name: "only the owner's directory, under another name", agent: bound("/var/lib/docker/overlay2/aaa", "/layer", "/layer/merged"),
			want: []string{original, "agent /layer/merged private: goes"},
		},
		{
			name: "the directory of another file system that is called the same", agent: replaced(t, bound("/var/lib/docker/overlay2", "/layers", "/layers/aaa/merged"), "254:0", "254:1"),
			want: []string{original, "agent /layers/aaa/merged leaf: " + string(RefuseLeaf)},
		},
		{
			name: "another owner's directory", agent: bound("/var/lib/docker/overlay2", "/layers", "/layers/bbb/merged"),
			want: []string{original, "agent /layers/bbb/merged leaf: " + string(RefuseLeaf)},
		},
		{
			name: "the same end of the path on another file system", agent: replaced(t, bound("/data", "/data", "/data/"+tail), "254:0", "254:1"),
			want: []string{original, "agent /data/" + tail + " private: goes"},
		},
		{
			name: "a name before the end of the path is longer", agent: bound("/data", "/data", "/data/x"+tail),
			want: []string{original, "agent /data/x" + tail + " leaf: " + string(RefuseLeaf)},
		},
		{
			name: "no tail and no place are known", agent: bound("/data", "/data", "/data/"+tail),
			change: func(_ *Scene, o []Owned) { o[0].Tail, o[0].On = "", Place{} },
			want:   []string{original, "agent /data/" + tail + " leaf: " + string(RefuseLeaf)},
		},
		{
			name: "no place is known on either side", agent: replaced(t, bound("/data", "/data", "/data"), "103 102", "103 99"), options: Options{Leaf: true},
			change: func(_ *Scene, o []Owned) { o[0].On = Place{} },
			want:   []string{original, "agent /data leaf: " + string(RefuseNoPath)},
		},
		{
			name: "the directory that it is on was removed", agent: bound("/var/lib/docker/overlay2/aaa//deleted", "/layer", "/layer/merged"),
			want: []string{original, "agent /layer/merged leaf: " + string(RefuseLeaf)},
		},
		{
			name: "its path is not below that of what it is on", agent: bound(merged, "/layers", "/other"),
			want: []string{original, "agent /other leaf: " + string(RefuseLeaf)},
		},
		{
			name: "what it is on is out of reach", agent: bound("/var/lib/docker/overlay2", "none", "/aaa/merged"),
			want: []string{original, "agent /aaa/merged leaf: " + string(RefuseLeaf)},
		},
		{
			name: "another container's mount that looks the same", agent: replaced(t, stageAgent, "0:60", "0:61"),
			want: []string{original},
		},
		{
			name: "another number of the same kind", agent: replaced(t, stageAgent, "0:60", "1:60"),
			want: []string{original},
		},
	} {
		t.Run(test.name, test.run)
	}
}

func TestPropagation(t *testing.T) {
	for _, test := range []struct {
		group, master uint64
		want          string
	}{{0, 0, "private"}, {7, 0, "shared:7"}, {0, 3, "master:3"}, {7, 3, "shared:7 master:3"}} {
		if got := Propagation(mount.Mount{PeerGroup: test.group, Master: test.master}); got != test.want {
			t.Errorf("%d and %d: %q, want %q", test.group, test.master, got, test.want)
		}
	}
}
