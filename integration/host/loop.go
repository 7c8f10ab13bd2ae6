package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// attachLoop makes a loop device of a file. It is detached when the returned
// descriptor is closed and nothing has it mounted any more, by the kernel, and
// so even if this process is killed.
func attachLoop(file string) (*os.File, error) {
	backing, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer backing.Close()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer control.Close()
	for {
		number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, fmt.Errorf("find a free loop device: %w", err)
		}
		device, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", number), os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		err = unix.IoctlLoopConfigure(int(device.Fd()), &unix.LoopConfig{
			Fd:   uint32(backing.Fd()),
			Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR},
		})
		if err == nil {
			return device, nil
		}
		device.Close()
		// Someone else was faster.
		if !errors.Is(err, unix.EBUSY) {
			return nil, fmt.Errorf("attach %s to %s: %w", file, device.Name(), err)
		}
	}
}

// detachLoops detaches the loop devices of files below a directory and waits
// until they are gone. Of a directory of another mount namespace, perhaps one
// that has ended, only the last component may be known.
func detachLoops(dir string, limit time.Duration) error {
	return until(limit, "the loop devices of "+dir+" to be detached", func() (bool, error) {
		devices, err := loopsOf(dir)
		if err != nil {
			return false, err
		}
		var errs []error
		for _, device := range devices {
			errs = append(errs, detachLoop(device))
		}
		return len(devices) == 0, errors.Join(errs...)
	})
}

func detachLoop(device string) error {
	f, err := os.Open(device)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.IoctlSetInt(int(f.Fd()), unix.LOOP_CLR_FD, 0)
	if err != nil && !errors.Is(err, unix.ENXIO) {
		return fmt.Errorf("detach %s: %w", device, err)
	}
	return nil
}

// loopsOf lists the loop devices of files below a directory.
func loopsOf(dir string) ([]string, error) {
	attached, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		return nil, err
	}
	var devices []string
	for _, path := range attached {
		backing, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(backing), dir+"/") {
			devices = append(devices, filepath.Join("/dev", strings.Split(path, "/")[3]))
		}
	}
	return devices, nil
}
