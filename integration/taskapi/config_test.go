package taskapi

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// patientUnbusy lets our shim take its time over what is its own, for all tests
// and as long as the box is there: what it says on a busy machine when that is
// over is not what the tests are about. The machine's /etc stays as it is.
var patientUnbusy = sync.OnceValue(func() error {
	const upper, work = "/run/etc-upper", "/run/etc-work"
	err := errors.Join(os.MkdirAll(upper+"/unbusy", 0o755), os.Mkdir(work, 0o755),
		os.WriteFile(upper+"/unbusy/config.toml", []byte("sweep_budget = \"10s\"\n"), 0o644))
	if err != nil {
		return err
	}
	return unix.Mount("overlay", "/etc", "overlay", 0, "lowerdir=/etc,upperdir="+upper+",workdir="+work)
})
