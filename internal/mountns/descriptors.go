package mountns

import (
	"os"
	"strconv"

	"github.com/unbusy/unbusy/internal/linux"
)

// openLink is one of /proc that leads to a mount namespace, and which one that was.
type openLink struct {
	path  string
	inode uint64
}

// openByProcesses are the mount namespaces that processes have open. The
// descriptors of threads that do not share their process' ones are not looked at.
// When over is closed no more are looked for.
func openByProcesses(pids []int, over <-chan struct{}) []openLink {
	var found []openLink
	for _, pid := range pids {
		select {
		case <-over:
			return found
		default:
		}
		dir := "/proc/" + strconv.Itoa(pid) + "/fd"
		fds, err := linux.Numbers(dir)
		if err != nil {
			// Ended, or not ours to see: then its threads' namespaces are not, either,
			// and that is reported.
			continue
		}
		for _, fd := range fds {
			path := dir + "/" + strconv.Itoa(fd)
			text, err := os.Readlink(path)
			if err != nil {
				continue
			}
			if inode, ok := namespaceName(text); ok {
				found = append(found, openLink{path, inode})
			}
		}
	}
	return found
}
