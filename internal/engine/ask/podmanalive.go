package ask

import (
	"fmt"
	"path/filepath"
	"strconv"
)

// isAlive fails where podman would find that the host has been booted since it was
// last used. It finds so if a file in its temporary directory is missing, and then
// writes into its database that no container runs (libpod runtime.go, makeRuntime and
// refresh): whoever calls it where /run is another one, as in a mount namespace of his
// own, takes the containers that do run away from it. A directory that podman is told
// of and that is not the database's is an error of podman's.
func (s Store) isAlive() error {
	there, err := exists(filepath.Join(s.TmpDir, "alive"))
	if err == nil && !there {
		err = fmt.Errorf("podman has not been used since the boot, or not with this %s, and would take every container for ended", s.TmpDir)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return nil
}

// podmanTmpDir is the temporary directory of podman (containers/common
// pkg/config/default.go, getDefaultTmpDir), unless its configuration names another
// one.
func podmanTmpDir(uid int, getenv func(string) string) string {
	// Inside the user namespace of rootless podman everybody is root.
	user := getenv("_CONTAINERS_ROOTLESS_UID")
	if uid != 0 {
		user = strconv.Itoa(uid)
	}
	if user == "" || user == "0" {
		return "/run/libpod"
	}
	dir := getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filepath.Join("/run/user", user)
	}
	return filepath.Join(dir, "libpod/tmp")
}
