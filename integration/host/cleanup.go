package host

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/observe"
)

// cleanBox removes everything a box can leave: processes, loop devices, cgroups
// and files. It is called outside the box's mount namespace, which ends with
// the last of the processes. It goes on after an error, so that one thing that
// cannot be removed does not keep the rest.
func cleanBox(name string, spared int) error {
	limit := keeperPatience / 3
	dir := throwAway(name)
	err := killCgroup(name, spared, limit)
	return errors.Join(err,
		detachLoops("/"+name, limit),
		removeCgroup(name, limit),
		removeUnmounted(dir),
	)
}

// cleanPart removes what one test made inside the box, whose mount namespace
// goes on.
func cleanPart(dir, cgroup string) error {
	limit := keeperPatience / 3
	err := killCgroup(cgroup, 0, limit)
	return errors.Join(err,
		unmountBelow(dir),
		detachLoops(dir, limit),
		removeCgroup(cgroup, limit),
		removeUnmounted(dir),
	)
}

// unmountBelow detaches every mount below a directory in this namespace, the
// youngest first.
func unmountBelow(dir string) error {
	mounts, err := observe.Mounts(0)
	if err != nil {
		return err
	}
	var errs []error
	for i := len(mounts) - 1; i >= 0; i-- {
		if !strings.HasPrefix(mounts[i].Point, dir+"/") {
			continue
		}
		err := unix.Unmount(mounts[i].Point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		// With the unmounting of a peer others may have gone.
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			errs = append(errs, fmt.Errorf("unmount %s: %w", mounts[i].Point, err))
		}
	}
	return errors.Join(errs...)
}

// removeUnmounted removes a directory tree, unless something is mounted in it:
// that would be emptied, too.
func removeUnmounted(dir string) error {
	mounts, err := observe.Mounts(0)
	if err != nil {
		return err
	}
	for _, m := range mounts {
		if strings.HasPrefix(m.Point+"/", dir+"/") {
			return fmt.Errorf("%s is still mounted, so %s stays", m.Point, dir)
		}
	}
	return os.RemoveAll(dir)
}
