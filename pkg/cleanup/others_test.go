package cleanup

import "testing"

func TestOthers(t *testing.T) {
	table := dockerHost +
		"1050: 50 22 0:70 / /srv/overlay2/ccc/merged rw - overlay overlay rw\n" + // in no area
		"1051: 51 22 0:71 / /var/lib/docker/containers/c4/mounts/shm rw - tmpfs shm rw\n" +
		"1052: 52 22 0:72 / /var/lib/docker/containers/c4/mounts rw - tmpfs tmpfs rw\n" // covers the one before
	mounts, _ := tableOf(t, table)
	own := ownOf(t, Container{ID: "c1", Rootfs: merged, Shm: "/var/lib/docker/containers/c1/mounts/shm"}, table)
	if len(own) != 2 {
		t.Fatalf("owned: %+v", own)
	}
	wantLines(t, ownLines(Others(hostAreas, mounts, own)), []string{
		"mount /run/docker/netns/1c8a (netns/1c8a) on 0:24:/docker/netns/1c8a",
		"mount /var/lib/docker/overlay2/bbb/merged (overlay2/bbb/merged) on 254:0:/var/lib/docker/overlay2/bbb/merged",
		"mount /var/lib/docker/containers/c2/mounts/shm (containers/c2/mounts/shm) on 254:0:/var/lib/docker/containers/c2/mounts/shm",
		"mount /run/docker/netns/default (netns/default) on 0:24:/docker/netns/default",
		"mount /var/lib/docker/containers/c4/mounts (containers/c4/mounts) on 254:0:/var/lib/docker/containers/c4/mounts",
	})
}
