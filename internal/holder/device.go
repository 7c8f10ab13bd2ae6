package holder

import (
	"sync"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/mount"
)

// devices knows which superblock is behind what is opened.
type devices struct {
	mu    sync.Mutex
	known map[linux.Opened]mount.Device

	open        sync.Once
	superblocks *linux.Superblocks
	openErr     error
}

func newDevices() *devices {
	return &devices{known: make(map[linux.Opened]mount.Device)}
}

func (d *devices) close() {
	if d.superblocks != nil {
		_ = d.superblocks.Close() // nothing was written
	}
}

// of is where a link of /proc leads to. What a mount shows is one superblock for
// as long as it is there, so that few links have to be asked for more than
// FollowLink says.
func (d *devices) of(link string) (opened linux.Opened, device mount.Device, err error) {
	opened, err = linux.FollowLink(link)
	if err != nil {
		return opened, device, err
	}
	d.mu.Lock()
	device, ok := d.known[opened]
	d.mu.Unlock()
	if ok {
		return opened, device, nil
	}
	device, err = d.ask(link, opened)
	if err != nil {
		return opened, device, err
	}
	// A descriptor can be another file by now.
	if again, err := linux.FollowLink(link); err == nil && again == opened && opened.Mount != 0 {
		d.mu.Lock()
		d.known[opened] = device
		d.mu.Unlock()
	}
	return opened, device, nil
}

func (d *devices) ask(link string, opened linux.Opened) (mount.Device, error) {
	device := mount.Device{Major: opened.Major, Minor: opened.Minor}
	hidden, err := linux.HidesSuperblock(link)
	if err != nil || !hidden {
		return device, err
	}
	d.open.Do(func() { d.superblocks, d.openErr = linux.OpenSuperblocks() })
	if d.openErr != nil {
		return device, d.openErr
	}
	device.Major, device.Minor, err = d.superblocks.Of(link)
	return device, err
}
