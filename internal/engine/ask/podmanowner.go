package ask

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/unbusy/unbusy/internal/roots"
)

// podman asks whose a directory of containers/storage is.
func (l located) podman(ctx context.Context, owner *Owner, known []roots.Root) error {
	driver, containers := strings.CutSuffix(l.kind(), "-containers")
	switch l.kind() {
	case "overlay":
	case "btrfs/subvolumes", "zfs/graph":
		driver, _, _ = strings.Cut(l.kind(), "/")
	default:
		if !containers {
			return l.errNobodyKnows()
		}
	}
	store, err := l.store(driver, known)
	if err != nil {
		return err
	}
	if err := store.isOurs(); err != nil {
		return err
	}
	if used, err := store.isPodmans(); err != nil || !used {
		return errors.Join(fmt.Errorf("%w: podman has never used %s", ErrNoAnswer, store.GraphRoot), err)
	}
	program, err := exec.LookPath("podman")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	owner.Container = l.last()
	if !containers {
		container, there, err := store.containerOfLayer(l.last())
		if err != nil {
			return err
		}
		owner.Container = container
		switch {
		case container != "":
		case there:
			return errImageLayer
		default:
			owner.State = NoSuch
			owner.Why = fmt.Sprintf("no container and no image in %s has the layer %s", store.GraphRoot, l.last())
			return nil
		}
	}
	if owner.State, err = Podman(ctx, program, store, owner.Container); err != nil {
		return err
	}
	if !containers && owner.State == NoSuch {
		return fmt.Errorf("%s still has the layer for container %s, which podman does not know", store.GraphRoot, owner.Container)
	}
	owner.Why = fmt.Sprintf("podman on %s: container %s: %s", store.GraphRoot, owner.Container, owner.State)
	return nil
}

// isPodmans reports whether podman has a database in the store already. In one
// that only CRI-O uses it would make itself at home.
func (s Store) isPodmans() (bool, error) {
	// bolt_state.db is in the directory, db.sql beside it since 4.8.
	for _, name := range []string{"libpod", "db.sql"} {
		if there, err := exists(filepath.Join(s.GraphRoot, name)); there || err != nil {
			return there, err
		}
	}
	return false, nil
}

// store finds the two roots of a store of which one is known. Nothing on the disk
// says which ones belong together, so that there must be no choice. Should they
// not, podman's database contradicts.
func (l located) store(driver string, known []roots.Root) (Store, error) {
	store := Store{Driver: driver, TmpDir: podmanTmpDir(os.Geteuid(), os.Getenv)}
	mine, other, wanted := &store.GraphRoot, &store.RunRoot, roots.RunRoot
	if l.root.Kind == roots.RunRoot {
		mine, other, wanted = other, mine, roots.GraphRoot
	}
	*mine = l.root.Resolved
	for _, root := range known {
		if root.Kind != wanted || root.Engine != roots.Podman && root.Engine != roots.CRIO {
			continue
		}
		if *other != "" && *other != root.Resolved {
			return store, fmt.Errorf("%w: which %s belongs to %s is not clear", ErrNoAnswer, wanted, *mine)
		}
		*other = root.Resolved
	}
	if *other == "" {
		return store, fmt.Errorf("%w: no %s is known for %s", ErrNoAnswer, wanted, *mine)
	}
	return store, nil
}

// isOurs fails for a store of another user's. Podman makes directories of its own
// in a store that it is called for, whatever it is asked: where they are root's
// rootless podman fails from then on.
func (s Store) isOurs() error {
	for _, dir := range []string{s.GraphRoot, s.RunRoot} {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoAnswer, err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
			return fmt.Errorf("%w: %s is another user's", ErrNoAnswer, dir)
		}
	}
	return nil
}
