package cleanup

import (
	"slices"
	"testing"
	"time"
)

// TestPlanPeers is about where an unmount would arrive.
func TestPlanPeers(t *testing.T) {
	const (
		gone  = "agent " + merged + " private: goes"
		peer  = "agent " + merged + " peer: " + string(RefusePeer)
		relay = `
1200: 200 1 254:0 / / rw shared:%s master:%s - ext4 /dev/vda rw
`
	)
	relayOf := func(group, master string) string {
		return replaced(t, relay, "shared:%s", "shared:"+group, "master:%s", "master:"+master)
	}
	agentIn := func(groups string) string { return replaced(t, stageAgent, "/ / rw", "/ / rw "+groups) }
	slaveHost := func(groups string) string { return replaced(t, stageHost, "/ / rw shared:1", "/ / rw "+groups) }
	noRelays := func(s *Scene, _ []Owned) { s.Relays = nil }
	for _, test := range []planCase{
		{name: "a private copy under a shared parent", agent: agentIn("shared:1"), want: []string{original, peer}},
		{name: "a shared copy under a private parent", agent: replaced(t, stageAgent, "merged rw", "merged rw shared:10"), want: []string{original, gone}},
		{name: "a group that the engine has nothing of", agent: agentIn("shared:80"), want: []string{original, gone}},
		{name: "the engine is a slave of the agent's group", host: slaveHost("master:80"), agent: agentIn("shared:80"), want: []string{original, peer}},
		{name: "the engine is a slave of the agent's group and shared", host: slaveHost("shared:81 master:80"), agent: agentIn("shared:80"), want: []string{original, peer}},
		{name: "both are slaves of one group", host: slaveHost("master:80"), agent: agentIn("master:80"), want: []string{original, "agent " + merged + " slave: goes"}},
		{name: "the engine is private", host: slaveHost(""), agent: agentIn("shared:80"), want: []string{original, gone}},
		{
			name: "a relay of a third namespace leads to the engine", host: slaveHost("master:81"), agent: agentIn("shared:80"),
			third: relayOf("81", "80"), want: []string{original, peer},
		},
		{
			name: "a relay that was not seen", host: slaveHost("master:81"), agent: agentIn("shared:80"), change: noRelays,
			third: relayOf("81", "80"), want: []string{original, gone},
		},
		{
			name: "a relay the other way round", host: slaveHost("master:80"), agent: agentIn("shared:81"),
			third: relayOf("81", "80"), want: []string{original, gone},
		},
		{
			name: "a chain of relays", host: slaveHost("shared:84 master:83"), agent: agentIn("shared:80"),
			third: relayOf("82", "81"),
			change: func(s *Scene, _ []Owned) {
				s.Relays = append(s.Relays, Relay{Master: 82, PeerGroup: 83}, Relay{Master: 80, PeerGroup: 81}, Relay{Master: 81, PeerGroup: 80})
			},
			want: []string{original, peer},
		},
		{
			name: "a chain of relays that leads nowhere", host: slaveHost("master:90"), agent: agentIn("shared:80"),
			change: func(s *Scene, _ []Owned) {
				s.Relays = []Relay{{Master: 80, PeerGroup: 81}, {Master: 81, PeerGroup: 80}, {Master: 81, PeerGroup: 82}}
			},
			want: []string{original, gone},
		},
		{
			name: "another engine is in the group", agent: agentIn("shared:80"), third: "1200: 200 1 254:0 / / rw shared:80 - ext4 /dev/vda rw\n",
			change: func(s *Scene, _ []Owned) { s.Namespaces[2].Protected = "podman" },
			want:   []string{original, peer},
		},
		{
			name: "somebody without an engine is in the group", agent: agentIn("shared:80"), third: "1200: 200 1 254:0 / / rw shared:80 - ext4 /dev/vda rw\n",
			want: []string{original, gone},
		},
	} {
		t.Run(test.name, test.run)
	}
}

// TestPlanAliases is about the engine's own namespace.
func TestPlanAliases(t *testing.T) {
	const gone = "agent " + merged + " private: goes"
	withAlias := func(line string) string { return stageHost + "1041: 41 22 0:60 / " + line + " - overlay overlay rw\n" }
	// The data root is bound elsewhere, recursively: what is mounted in one is
	// mounted in the other.
	bound := func(groups string) string {
		return stageHost + "1050: 50 22 254:0 /var/lib/docker /mnt rw " + groups + "- ext4 /dev/vda rw\n" +
			"1051: 51 50 0:60 / /mnt/overlay2/aaa/merged rw shared:10 - overlay overlay rw\n"
	}
	host := Options{Host: true}
	for _, test := range []planCase{
		{name: "left alone", host: withAlias("/mnt rw shared:10"), want: []string{original, gone, "host /mnt alias: " + string(RefuseAlias)}},
		{name: "asked for", host: withAlias("/mnt rw shared:10"), options: host, want: []string{original, gone, "host /mnt alias: goes"}},
		{name: "not asked for by leaf", host: withAlias("/mnt rw"), options: Options{Leaf: true}, want: []string{original, gone, "host /mnt alias: " + string(RefuseAlias)}},
		{
			name: "of a directory", host: stageHost + "1041: 41 22 0:60 /etc /mnt rw - overlay overlay rw\n", options: host,
			want: []string{original, gone, "host /mnt alias: goes"},
		},
		{
			name: "on a peer of what the original is on", host: bound("shared:1 "), options: host,
			want: []string{original, gone, "host /mnt/overlay2/aaa/merged alias: " + string(RefusePeer)},
		},
		{
			name: "on a private mount", host: bound(""), options: host,
			want: []string{original, gone, "host /mnt/overlay2/aaa/merged alias: goes"},
		},
		{
			name: "another directory of it, on the same place", host: replaced(t, bound("shared:1 "), "50 0:60 /", "50 0:60 /etc"), options: host,
			want: []string{original, gone, "host /mnt/overlay2/aaa/merged alias: " + string(RefusePeer)},
		},
		{
			name: "the place of the original is not known", host: withAlias("/mnt rw"), options: host,
			change: func(_ *Scene, o []Owned) { o[0].On = Place{} },
			want:   []string{original, gone, "host /mnt alias: " + string(RefusePeer)},
		},
		{
			name: "its own place is not known", options: host,
			host: stageHost + "1050: 50 22 254:0 /srv none rw shared:80 - ext4 /dev/vda rw\n1051: 51 50 0:60 / /mnt rw - overlay overlay rw\n",
			want: []string{original, gone, "host /mnt alias: " + string(RefusePeer)},
		},
		{
			name: "the path has the end of the original's", host: withAlias("/srv/overlay2/aaa/merged rw"), options: host,
			want: []string{original, gone, "host /srv/overlay2/aaa/merged alias: " + string(RefusePeer)},
		},
		{
			name: "the root of a thread", host: withAlias("/mnt rw"), options: host,
			change: func(s *Scene, _ []Owned) { s.Namespaces[0].Roots = []uint64{22, 41} },
			want:   []string{original, gone, "host /mnt root: " + string(RefuseRoot)},
		},
		{
			name: "below FUSE", host: withAlias("/mnt/x rw") + "1042: 42 22 0:9 / /mnt rw - fuse f rw\n",
			options: Options{Host: true, MayHang: func(fstype string) bool { return fstype == "fuse" }},
			want:    []string{original, gone, "host /mnt/x alias: " + string(RefuseMayHang)},
		},
		{
			name: "the container lives", host: withAlias("/mnt rw"), options: Options{Host: true, InUse: "it lives"},
			want: []string{original, "agent " + merged + " private: it lives", "host /mnt alias: it lives"},
		},
		{
			name: "what something is mounted on", host: withAlias("/mnt rw") + "1042: 42 41 0:9 / /mnt/x rw - tmpfs tmpfs rw\n", options: host,
			want: []string{original, gone, "host /mnt alias: " + string(RefuseCovered)},
		},
	} {
		t.Run(test.name, test.run)
	}
}

// TestPlanCovered is about what is mounted on a copy.
func TestPlanCovered(t *testing.T) {
	const private = "agent " + merged + " private: "
	on := func(id, parent, mounted string) string {
		return "1" + id + ": " + id + " " + parent + " " + mounted + " - overlay overlay rw\n"
	}
	for _, test := range []planCase{
		{
			name: "something else", agent: stageAgent + on("102", "101", "0:9 / "+merged+"/proc rw"),
			want: []string{original, private + string(RefuseCovered)},
		},
		{
			name: "something else, at the same path", agent: stageAgent + on("102", "101", "0:9 / "+merged+" rw"),
			want: []string{original, private + string(RefuseCovered)},
		},
		{
			name: "something out of reach", agent: stageAgent + on("102", "101", "0:9 / none rw"),
			want: []string{original, private + string(RefuseCovered)},
		},
		{
			name: "copies that go, the upper ones first", agent: stageAgent + on("102", "101", "0:60 / "+merged+" rw") + on("103", "102", "0:60 / "+merged+" rw"),
			options: Options{Leaf: true},
			want:    []string{original, private + "goes", private + "goes", private + "goes"},
		},
		{
			name: "a copy that stays", agent: stageAgent + on("102", "101", "0:60 / "+merged+"/x rw"),
			want: []string{"agent " + merged + "/x leaf: " + string(RefuseLeaf), original, private + string(RefuseCovered)},
		},
		{
			name: "a chain with something else at its end", options: Options{Leaf: true},
			agent: stageAgent + on("102", "101", "0:60 / "+merged+"/x rw") + on("103", "102", "0:60 / "+merged+"/x/y rw") + on("104", "103", "0:9 / "+merged+"/x/y/z rw"),
			want: []string{
				"agent " + merged + "/x/y leaf: " + string(RefuseCovered), "agent " + merged + "/x leaf: " + string(RefuseCovered),
				original, private + string(RefuseCovered),
			},
		},
		{
			name: "a mount beside it in another namespace with the number of its own", third: "1200: 200 101 0:9 / / rw - tmpfs tmpfs rw\n",
			want: []string{original, private + "goes"},
		},
	} {
		t.Run(test.name, test.run)
	}
}

// TestPlanOrder has stacked copies in a table that lists the upper ones last,
// and one that lists them first.
func TestPlanOrder(t *testing.T) {
	mounts, _ := tableOf(t, stageAgent+
		"1102: 102 101 0:60 / "+merged+" rw - overlay overlay rw\n"+
		"1103: 103 102 0:60 / "+merged+" rw - overlay overlay rw\n"+
		"1104: 104 103 0:60 / "+merged+"/x rw - overlay overlay rw\n")
	for range 2 {
		scene := sceneOf(t, stageHost, stageAgent)
		scene.Namespaces[1].Mounts = mounts
		var got []uint64
		for _, c := range Plan(ownOf(t, stoppedOf, stageHost), scene, Options{Leaf: true}) {
			if c.Refusal == Allowed {
				got = append(got, c.Mount.UniqueID)
			}
		}
		if want := []uint64{1104, 1103, 1102, 1101}; !slices.Equal(got, want) {
			t.Errorf("order %v, want %v", got, want)
		}
		slices.Reverse(mounts)
	}
}

// TestPlanCircle has a table in which mounts are mounted on each other: as it
// was read while they moved.
func TestPlanCircle(t *testing.T) {
	table := replaced(t, stageAgent, "101 100 ", "101 102 ") + "1102: 102 101 0:60 / " + merged + " rw - overlay overlay rw\n" +
		"1103: 103 103 0:60 / /self rw - overlay overlay rw\n"
	scene := sceneOf(t, stageHost, table)
	scene.Namespaces[1].Roots = []uint64{101, 103}
	owned := ownOf(t, stoppedOf, stageHost)
	done := make(chan []Copy, 1)
	go func() { done <- Plan(owned, scene, Options{Leaf: true}) }()
	select {
	case plan := <-done:
		if len(plan) != 4 {
			t.Errorf("plan: %v", explain(plan))
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	scene.Namespaces[0].Mounts, _ = tableOf(t, stageHost+"1041: 41 40 254:0 / / rw - ext4 /dev/vda rw\n")
	Plan(owned, scene, Options{})
}

// TestPlanUnknownRelays is about a host of which not every namespace could be
// read: what is mounted on a mount with peers stays.
func TestPlanUnknownRelays(t *testing.T) {
	shared := "2200: 2200 1 254:0 / / rw shared:77 - ext4 /dev/vda rw\n1090: 90 2200 0:60 / " + merged + " rw - overlay overlay rw\n"
	planCase{
		agent: shared,
		want:  []string{"host " + merged + " original: " + string(RefuseOriginal), "agent " + merged + " private: goes"},
	}.run(t)
	planCase{
		agent:  shared,
		change: func(s *Scene, _ []Owned) { s.RelaysUnknown = true },
		want:   []string{"host " + merged + " original: " + string(RefuseOriginal), "agent " + merged + " private: " + string(RefuseReach)},
	}.run(t)
}

// TestPlanLeafOfMany binds something to another place, and that is asked for:
// volumes and shared memory can be a living container's.
func TestPlanLeafOfMany(t *testing.T) {
	agent := "2200: 2200 1 254:0 / / rw - ext4 /dev/vda rw\n1090: 90 2200 0:60 / /x rw - overlay overlay rw\n"
	for kind, want := range map[Kind]string{Rootfs: "goes", Netns: "goes", Other: "goes", Volume: string(RefuseLeaf), Shm: string(RefuseLeaf)} {
		planCase{
			name: string(kind), agent: agent, options: Options{Leaf: true},
			change: func(_ *Scene, owned []Owned) { owned[0].Kind = kind },
			want:   []string{"host " + merged + " original: " + string(RefuseOriginal), "agent /x leaf: " + want},
		}.run(t)
	}
}
