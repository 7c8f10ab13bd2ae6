package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/engine"
	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
)

// livingApart finds the engines of this host that live in another mount namespace
// than PID 1: a service with MountFlags= or PrivateMounts= does. ns is PID 1's
// namespace, nil if it could not be read.
func livingApart(running []engine.Process, first mount.NamespaceID, ns *target.Namespace, home func(int) (uint64, error)) ([]Finding, error) {
	type place struct {
		name  string
		inode uint64
	}
	told := make(map[place]bool)
	var found []Finding
	for _, p := range running {
		inode, err := home(p.PID)
		if err != nil {
			return found, err
		}
		if p.Nested || inode == 0 /* it ended */ || inode == first.Inode || isMeantApart(ns, inode) {
			continue
		}
		who, err := holder.Describe(p.PID)
		// What runs in a container is in another namespace in any case.
		if err != nil || who.Container != "" || told[place{p.Name, inode}] {
			continue
		}
		told[place{p.Name, inode}] = true
		f := Finding{
			ID: "engine-own-namespace", Severity: AtRisk,
			Evidence: fmt.Sprintf("%s lives in %s, and PID 1 in %s: mounts that one of them makes or ends may not reach the other",
				called(p.Name, who), mount.NamespaceID{Inode: inode}, first),
			Fix: "start " + p.Name + " where PID 1 lives",
		}
		if who.Unit != "" {
			f.Fix = fmt.Sprintf("take MountFlags=, PrivateMounts=, PrivateTmp= and the like out of %s (systemctl edit --full %s), and restart it", who.Unit, who.Unit)
		}
		found = append(found, f)
	}
	return found, nil
}

// called names a process for an operator.
func called(name string, p holder.Process) string {
	if p.Unit != "" {
		return fmt.Sprintf("%s (pid %d, %s)", name, p.PID, p.Unit)
	}
	return fmt.Sprintf("%s (pid %d)", name, p.PID)
}

// Where mount namespaces are kept that engines are put into on purpose, shared
// with or slave of PID 1's.
const (
	// kubens is where OpenShift keeps the one of kubelet and CRI-O (kubens.service
	// of machine-config-operator).
	kubens = "/run/kubens/mnt"
	// snaps is where snapd keeps those of snaps, docker and microk8s among them.
	snaps = "/run/snapd/ns/"
)

// isMeantApart reports whether a namespace is kept by something that puts engines
// there on purpose. ns is that of PID 1, which has it mounted.
func isMeantApart(ns *target.Namespace, inode uint64) bool {
	if ns == nil {
		return false
	}
	name := "mnt:[" + strconv.FormatUint(inode, 10) + "]"
	for i := range ns.Mounts {
		m := &ns.Mounts[i]
		if m.FSType == "nsfs" && m.Root == name && (m.Path == kubens || strings.HasPrefix(m.Path, snaps)) {
			return true
		}
	}
	return false
}

// ours counts the engines that are this host's own.
func ours(running []engine.Process) int {
	n := 0
	for _, p := range running {
		if !p.Nested {
			n++
		}
	}
	return n
}
