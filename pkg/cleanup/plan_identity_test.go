package cleanup

import "testing"

// TestPlanIdentity is about mounts that have the victim's number and are, or
// may be, of another superblock.
func TestPlanIdentity(t *testing.T) {
	const (
		private = "agent " + merged + " private: "
		unknown = private + string(RefuseUnknown)
		// next is the host with the next run of the container in its place.
		next = "1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n"
	)
	run := func(unique, device string) string {
		return next + unique + ": 50 22 " + device + " / " + merged + " rw shared:10 - overlay overlay rw,upperdir=/up/aaa\n"
	}
	copyOf := func(unique string) string { return replaced(t, stageAgent, "1101", unique) }
	otherLayer := replaced(t, stageAgent, "/up/aaa", "/up/bbb")
	noLayer := replaced(t, stageAgent, ",upperdir=/up/aaa", "")
	old := oldKernel
	for _, test := range []planCase{
		{name: "older than the engine's", agent: copyOf("1039"), want: []string{original}},
		{name: "as old as the engine's, with another number in mountinfo", agent: copyOf("1040"), want: []string{original, "agent " + merged + " original: " + string(RefuseOriginal)},
			change: func(s *Scene, _ []Owned) { s.Namespaces[1].Protected = "containerd" }},
		{name: "no unique ids", host: old(stageHost), agent: old(stageAgent), want: []string{original, private + "goes"}},
		// Whatever is there may as well be the next run's.
		{name: "no unique ids any more", victim: stageHost, host: old(stageHost), agent: old(stageAgent)},
		{name: "another type of file system", agent: replaced(t, stageAgent, "overlay overlay", "tmpfs tmpfs"), want: []string{original}},
		{name: "no unique ids in the record", victim: old(stageHost), want: []string{original, private + "goes"}},
		{
			name: "no ids at all", change: func(_ *Scene, o []Owned) { o[0].UniqueID, o[0].OldID = 0, 0 },
		},
		{
			name: "no ids at all, unmounted", victim: stageHost, host: stageGone,
			change: func(_ *Scene, o []Owned) { o[0].UniqueID, o[0].OldID = 0, 0 },
			want:   []string{unknown},
		},
		{name: "the engine has unmounted it", victim: stageHost, host: stageGone, want: []string{private + "goes"}},
		{
			name: "the engine has unmounted it, the layer cannot be read", victim: stageHost, host: stageGone, agent: noLayer,
			want: []string{unknown},
		},
		{
			name: "the engine has unmounted it, the layer was not recorded", victim: stageHost, host: stageGone,
			change: func(_ *Scene, o []Owned) { o[0].UpperDir = "" },
			want:   []string{unknown},
		},
		{
			name: "the engine has unmounted it, the layer is neither recorded nor read", victim: stageHost, host: stageGone, agent: noLayer,
			change: func(_ *Scene, o []Owned) { o[0].UpperDir = "" },
			want:   []string{unknown},
		},
		{
			name: "the engine has unmounted it, and its file system can be told from all others", victim: stageHost, host: stageGone, agent: noLayer,
			change: func(_ *Scene, o []Owned) { o[0].UpperDir, o[0].FileSystemID = "", 7 },
			want:   []string{private + "goes"},
		},
		{
			name: "the file system can be told, the copy's age cannot", victim: old(stageHost), host: old(stageGone), agent: old(noLayer),
			change: func(_ *Scene, o []Owned) { o[0].UpperDir, o[0].FileSystemID = "", 7 },
			want:   []string{unknown},
		},
		{
			name: "the number went to another container", victim: stageHost, host: stageGone, agent: otherLayer,
		},
		{
			name: "the number went to another container, and by place is asked for", victim: stageHost, host: stageGone, agent: otherLayer,
			options: Options{ByPlace: true},
		},
		{
			name: "another layer, but the engine's mount is there", agent: otherLayer,
			want: []string{original, private + "goes"},
		},
		{
			name: "by place", victim: stageHost, host: stageGone, agent: noLayer, options: Options{ByPlace: true},
			want: []string{private + "goes"},
		},
		{
			name: "by place, and it is somewhere else", victim: stageHost, host: stageGone, agent: replaced(t, noLayer, merged, "/backup"),
			options: Options{ByPlace: true}, want: []string{"agent /backup leaf: " + string(RefuseLeaf)},
		},
		{
			name: "by place, and the container lives", victim: stageHost, host: stageGone, agent: noLayer,
			options: Options{ByPlace: true, InUse: "it lives"}, want: []string{private + "it lives"},
		},
		{
			name: "unmounted, no unique ids", victim: old(stageHost), host: old(stageGone), agent: old(stageAgent),
			want: []string{unknown},
		},
		{
			name: "unmounted, no unique ids, by place", victim: old(stageHost), host: old(stageGone), agent: old(stageAgent),
			options: Options{ByPlace: true}, want: []string{private + "goes"},
		},
		{
			name: "the next run with the same number, copy between", victim: stageHost, host: run("1200", "0:60"),
			want: []string{private + "goes"},
		},
		{
			name: "the next run with the same number, copy after", victim: stageHost, host: run("1200", "0:60"), agent: copyOf("1201"),
		},
		{
			name: "the next run with the same number, copy of the same age", victim: stageHost, host: run("1200", "0:60"), agent: copyOf("1200"),
		},
		{
			name: "the next run with another number, copy between", victim: stageHost, host: run("1200", "0:61"),
			want: []string{private + "goes"},
		},
		{
			name: "the next run with another number, copy after", victim: stageHost, host: run("1200", "0:61"), agent: copyOf("1201"),
			want: []string{unknown},
		},
		{
			name: "the next run with the same number, no unique ids", victim: old(stageHost), host: old(run("", "0:60")), agent: old(stageAgent),
			options: Options{ByPlace: true},
		},
		{
			name: "the next run with another number, no unique ids", victim: old(stageHost), host: old(run("", "0:61")), agent: old(stageAgent),
			want: []string{unknown},
		},
		{
			name: "the next run with the same number, its age unknown", victim: stageHost, host: old(run("", "0:60")),
		},
		{
			name: "the next run with the same number, the copy's age unknown", victim: stageHost, host: run("1200", "0:60"), agent: old(stageAgent),
		},
		{
			name: "what covers the engine's mount is no next run", victim: stageHost,
			host: stageHost + "1300: 60 40 0:99 / " + merged + " rw - tmpfs tmpfs rw\n", agent: copyOf("1301"),
			want: []string{original, private + "goes"},
		},
		{
			name: "the next run with the same number, hidden, copy after", victim: stageHost,
			host: run("1200", "0:60") + "1300: 61 22 0:99 / /var/lib/docker/overlay2/aaa rw - tmpfs tmpfs rw\n", agent: copyOf("1201"),
			want: []string{"host " + merged + " alias: " + string(RefuseAlias), unknown},
		},
		{
			name: "what covers the engine's mount is no next run, but that may be one whose age is unknown", victim: stageHost,
			host: old(stageHost) + "1300: 60 40 0:60 / " + merged + " rw - overlay overlay rw\n", agent: copyOf("1301"),
			want: []string{"host " + merged + " alias: " + string(RefuseAlias), "host " + merged + " alias: " + string(RefuseAlias), unknown},
		},
		{
			name: "a mount above its place is no next run", victim: stageHost,
			host: stageGone + "1090: 60 22 0:99 / /var/lib rw - tmpfs tmpfs rw\n", want: []string{private + "goes"},
		},
		{
			name: "what another namespace has in its place is no next run", victim: stageHost, host: stageGone,
			third: "1200: 200 1 254:0 / / rw - ext4 /dev/vda rw\n1050: 201 200 0:99 / " + merged + " rw - tmpfs tmpfs rw\n",
			want:  []string{private + "goes"},
		},
		{
			name: "the old number in mountinfo is another mount's", victim: old(stageHost), agent: old(stageAgent),
			host: replaced(t, old(stageHost), merged, "/srv/other"),
			want: []string{unknown, "host /srv/other alias: " + string(RefuseAlias)},
		},
		{
			name: "the old number in mountinfo, and another device", victim: old(stageHost), agent: old(stageAgent),
			host: replaced(t, old(stageHost), "0:60", "0:61"),
			want: []string{unknown},
		},
		{
			name: "the same unique id, and another directory", agent: copyOf("1040"), host: replaced(t, stageHost, "0:60 /", "0:60 /x"), victim: stageHost,
			want: []string{"host " + merged + " alias: " + string(RefuseAlias), "agent " + merged + " private: goes"},
		},
		{
			name: "the engine's mount is seen in another engine's namespace", victim: stageHost, host: stageGone, agent: noLayer,
			third: "1200: 200 1 254:0 / / rw - ext4 /dev/vda rw\n1040: 40 200 0:60 / " + merged + " rw - overlay overlay rw\n",
			change: func(s *Scene, _ []Owned) {
				s.Namespaces[2].Protected = "containerd"
			},
			want: []string{private + "goes", "third " + merged + " original: " + string(RefuseOriginal)},
		},
	} {
		t.Run(test.name, test.run)
	}
}

// TestPlanOutlivedEngine has the engine gone to another namespace: nobody
// unmounts what it left in ours.
func TestPlanOutlivedEngine(t *testing.T) {
	unprotected := func(s *Scene, _ []Owned) { s.Namespaces[0].Protected = "" }
	planCase{
		change: unprotected,
		want:   []string{"host " + merged + " private: goes", "agent " + merged + " private: goes"},
	}.run(t)
	planCase{
		third:  "1200: 200 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n",
		change: func(s *Scene, o []Owned) { unprotected(s, o); s.Namespaces[2].Protected = "dockerd" },
		want:   []string{"host " + merged + " peer: " + string(RefusePeer), "agent " + merged + " private: goes"},
	}.run(t)
	planCase{
		host:   stageHost + "1041: 41 22 0:60 / /mnt rw - overlay overlay rw\n",
		change: unprotected,
		want: []string{
			"host " + merged + " private: goes", "agent " + merged + " private: goes",
			"host /mnt leaf: " + string(RefuseLeaf),
		},
	}.run(t)
}

// TestPlanSharedSuperblock is about owned mounts that are only a part of their
// superblock.
func TestPlanSharedSuperblock(t *testing.T) {
	// containerd's snapshotter "native" binds a directory of the host's disk.
	const (
		native = `
1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
1040: 40 22 254:0 /native/snapshots/7 /var/lib/docker/overlay2/aaa/merged rw shared:10 - ext4 /dev/vda rw
1041: 41 22 254:0 /home /mnt rw shared:11 - ext4 /dev/vda rw
`
		inAgent = `
1100: 100 1 254:0 / / rw - ext4 /dev/vda rw
1101: 101 100 254:0 /native/snapshots/7 /var/lib/docker/overlay2/aaa/merged rw - ext4 /dev/vda rw
1102: 102 100 254:0 /native/snapshots/70 /data rw - ext4 /dev/vda rw
1103: 103 100 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/vda rw
1104: 104 100 254:0 /native/snapshots/7/etc /etc rw - ext4 /dev/vda rw
`
	)
	planCase{
		name: "a directory of the disk", host: native, agent: inAgent, options: Options{Leaf: true, Host: true},
		want: []string{original, "agent " + merged + " private: goes", "agent /etc leaf: goes"},
	}.run(t)

	netns := ownOf(t, Container{NetworkInode: 4026532401}, dockerHost)
	scene := sceneOf(t, dockerHost, `
1100: 100 1 254:0 / / rw - ext4 /dev/vda rw
1101: 101 100 0:4 net:[4026532401] /run/docker/netns/1c8a rw - nsfs nsfs rw
1102: 102 100 0:4 net:[4026532402] /run/docker/netns/2222 rw - nsfs nsfs rw
1103: 103 100 0:4 net:[40265324010] /run/docker/netns/3333 rw - nsfs nsfs rw
1104: 104 100 0:4 mnt:[4026532401] /run/docker/netns/4444 rw - nsfs nsfs rw
`)
	wantLines(t, explain(Plan(netns, scene, Options{Leaf: true})), []string{
		"host /run/docker/netns/1c8a original: " + string(RefuseOriginal),
		"agent /run/docker/netns/1c8a private: goes",
	})
}

// TestPlanOfSeveral has volumes of one superblock: each mount is a copy of one
// of them, and none is an alias because another one is.
func TestPlanOfSeveral(t *testing.T) {
	const pod = `
1022: 22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
1035: 35 22 8:16 / /var/lib/kubelet/pods/u1/volumes/v rw shared:8 - ext4 /dev/sdb rw
1036: 36 22 8:16 /sub /var/lib/kubelet/pods/u1/volume-subpaths/v/app/0 rw shared:9 - ext4 /dev/sdb rw
`
	owned := ownOf(t, Container{Sandbox: true, PodUID: "u1"}, pod)
	scene := sceneOf(t, pod, `
1100: 100 1 254:0 / / rw - ext4 /dev/vda rw
1101: 101 100 8:16 / /var/lib/kubelet/pods/u1/volumes/v rw - ext4 /dev/sdb rw
1102: 102 100 8:16 /sub /var/lib/kubelet/pods/u1/volume-subpaths/v/app/0 rw - ext4 /dev/sdb rw
1103: 103 100 8:16 /other /data rw - ext4 /dev/sdb rw
`)
	plan := Plan(owned, scene, Options{Host: true})
	wantLines(t, explain(plan), []string{
		"host /var/lib/kubelet/pods/u1/volume-subpaths/v/app/0 original: " + string(RefuseOriginal),
		"agent /var/lib/kubelet/pods/u1/volume-subpaths/v/app/0 private: goes",
		"host /var/lib/kubelet/pods/u1/volumes/v original: " + string(RefuseOriginal),
		"agent /var/lib/kubelet/pods/u1/volumes/v private: goes",
		"agent /data leaf: " + string(RefuseLeaf),
	})
	for _, c := range plan {
		if want := c.Mount.Path; want != "/data" && c.Owned.Path != want {
			t.Errorf("%s is a copy of %s", want, c.Owned.Path)
		}
	}
}
