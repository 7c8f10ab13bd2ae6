package mountns

import (
	"strconv"

	"golang.org/x/sys/unix"

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
	var (
		found []openLink
		link  [64]byte // what leads to a namespace is shorter
	)
	for _, pid := range pids {
		select {
		case <-over:
			return found
		default:
		}
		dir := "/proc/" + strconv.Itoa(pid) + "/fd"
		// Whose cannot be listed has ended or is not ours to see: then its threads'
		// namespaces are not, either, and that is reported.
		_ = linux.InNumbers(dir, func(in int, fds []int) {
			for _, fd := range fds {
				name := strconv.Itoa(fd)
				n, err := unix.Readlinkat(in, name, link[:])
				if err != nil {
					continue
				}
				if inode, ok := namespaceName(string(link[:n])); ok {
					found = append(found, openLink{dir + "/" + name, inode})
				}
			}
		})
	}
	return found
}
