package incidents

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// The engine's layers are mounted a second time in the host's own mount namespace, by
// hand or by a unit: "unlinkat …/merged: device or resource busy" on every kernel,
// and in Kubernetes "still mounted by other references". unbusy says where. It is
// the host's own mount, so it goes only if somebody asks for that.
func TestAliasInOwnNamespace(t *testing.T) {
	tell(t, unaverted, func(t *testing.T, w way) bool {
		n := newNode(t, w)
		d := n.dockerd()
		victim := d.Run("victim", "--network=none")
		d.Run("bystander", "--network=none")
		layers, alias := filepath.Join(d.DataRoot(), "overlay2"), n.h.Dir("srv")
		if err := unix.Mount(layers, alias, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(alias, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		if err := unix.Mount("", alias, "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			t.Fatal(err)
		}
		merged := d.merged("victim")
		second := alias + merged[len(layers):]
		requireHolds(t, 0, second)
		still := n.keeps(0, filepath.Base(filepath.Dir(merged)), victim, "/run/docker/netns")

		_, err := d.Try("rm", "--force", "victim")
		averted := err == nil
		if !averted {
			requireError(t, err, `driver "overlay2" failed to remove root filesystem`, "unlinkat "+merged, "device or resource busy")
			if state := d.inspect("victim", "{{.State.Status}}"); state != "removing" && state != "dead" {
				t.Errorf("docker says that the container is %s, want it removing or dead", state)
			}
			n.requireLeft(merged, "alias", second)
			n.repair(merged, []string{"alias", second}, "--host")
			if _, err := d.Try("rm", "--force", "victim"); err != nil {
				t.Errorf("after unbusy sweep --host: %v", err)
			}
		}
		if holds(t, 0, second) {
			t.Error("the root file system is still mounted in the second place")
		}
		still()
		d.Docker("exec", "bystander", "true")
		return averted
	})
}
