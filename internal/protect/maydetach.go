package protect

import (
	"errors"
	"os"
	"syscall"

	"github.com/unbusy/unbusy/internal/maydetach"
)

// MayDetachMounts turns on fs.may_detach_mounts, for a process that serves many
// containers. Of c nothing is needed that is about one container.
func MayDetachMounts(c Container) {
	defer c.recovered()
	if c.Settings.Err == nil {
		c.mayDetachMounts()
	}
}

func (c Container) mayDetachMounts() {
	if !c.Settings.MayDetachMounts {
		return
	}
	switch on, err := maydetach.TurnOn("/proc"); {
	case errors.Is(err, maydetach.ErrSplit):
		c.Log.WithError(err).Warn("fs.may_detach_mounts is left off")
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		// A rootless or nested engine cannot, and need not, change the host's
		// kernel.
	case err != nil:
		c.failed("fs.may_detach_mounts could not be turned on", err)
	case on:
		c.Log.Info("turned on fs.may_detach_mounts")
	}
}
