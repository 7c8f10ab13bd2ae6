package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
)

// leftBehind finds shims in a mount namespace where no engine of this host lives:
// theirs was restarted into another one. As long as no engine runs nothing can be
// said.
func leftBehind(h *Host, seen *target.Host) ([]Finding, error) {
	if len(engineNamespaces(seen)) == 0 {
		return nil, nil
	}
	homes, err := h.homes()
	if err != nil {
		return nil, err
	}
	own, err := os.Readlink(filepath.Join(procfs, "self/ns/pid"))
	if err != nil {
		return nil, err
	}
	left := make(map[uint64][]int)
	for pid, inode := range homes {
		dir := filepath.Join(procfs, strconv.Itoa(pid))
		name, err := readWord(filepath.Join(dir, "comm"))
		if err != nil || !isShim(name) {
			continue // also if it ended
		}
		// What runs in a container may call itself what it likes.
		if pids, err := os.Readlink(filepath.Join(dir, "ns/pid")); err != nil || pids != own {
			continue
		}
		ns := namespaceAt(seen, mount.NamespaceID{Inode: inode})
		if ns != nil && !ns.Engine {
			left[inode] = append(left[inode], pid)
		}
	}
	found := make(map[uint64]Finding)
	for inode, pids := range left {
		slices.Sort(pids)
		who, err := holder.Describe(pids[0])
		if err != nil || who.Container != "" {
			continue
		}
		found[inode] = Finding{
			ID: "shims-left-behind", Severity: AtRisk,
			Evidence: fmt.Sprintf("%s of containers that run live in %s, where no engine lives any more; the first is %s",
				count(len(pids), "shim"), mount.NamespaceID{Inode: inode}, called("containerd-shim", who)),
			Fix: "restart these containers when it suits: the engine does not see their mounts, nor they its unmounts; to keep it from happening again take MountFlags= and PrivateMounts= out of the engine's unit",
		}
	}
	return inOrder(found), nil
}

// isShim recognises a shim by the kernel's name of its process, which has 15
// bytes. "docker-containe" is that of old Docker's containerd as well: that is an
// engine, and where it lives one does.
func isShim(comm string) bool {
	return strings.HasPrefix(comm, "containerd-shim") || comm == "docker-containe"
}
