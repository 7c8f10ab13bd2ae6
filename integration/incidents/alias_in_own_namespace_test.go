package incidents

import (
	"testing"

	"github.com/unbusy/unbusy/integration/host"
)

// The engine's layers are mounted a second time in the host's own mount namespace, by
// hand or by a unit: "unlinkat …/merged: device or resource busy" on every kernel,
// and in Kubernetes "still mounted by other references". unbusy says where. It is
// the host's own mount, so it goes only if somebody asks for that.
func TestAliasInOwnNamespace(t *testing.T) {
	tell(t, func(t *testing.T, w way) bool {
		m := newMachine(t)
		d := m.Docker(w.docker(m)...)
		d.Run("victim")
		d.Run("bystander")
		const layers, alias = "/var/lib/docker/overlay2", "/srv/layers"
		m.Run("sh", "-ec", "mkdir "+alias+"; mount --rbind "+layers+" "+alias+"; mount --make-rprivate "+alias)
		merged := d.Merged("victim")
		second := alias + merged[len(layers):]
		requireHolds(t, m.Init(), second)
		still := keeps(t, names(m, "victim"), m.Init(), d.Pid("bystander"))

		foretold(t, m, w, because("alias-of-runtime-root", alias, layers, "umount --recursive "+alias))
		_, err := m.Try("docker", "rm", "--force", "victim")
		averted := err == nil
		if !averted {
			requireError(t, err, `driver "overlay2" failed to remove root filesystem`, "unlinkat "+merged, "device or resource busy")
			requireStuck(t, d, "victim")
			requireCauses(t, m, because("alias-of-runtime-root", alias), because("container-dead", "victim", second))
			requireLeft(t, m, merged, "alias", second)
			repair(t, m, merged, []string{"alias", second}, "--host")
			m.Run("docker", "rm", "--force", "victim")
		}
		if host.IsMounted(t, m.Init(), second) {
			t.Error("the root file system is still mounted in the second place")
		}
		still()
		m.Run("docker", "exec", "bystander", "true")
		return averted
	})
}
