package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
)

const (
	linkMode = fs.ModeSymlink | 0o777
	fileMode = fs.FileMode(0o644)
	dirMode  = fs.FileMode(0o755)
)

// put makes one file what the plan says, unless it is no longer what the plan
// was made for.
func (h *Host) put(file File) error {
	if err := h.expect(file); err != nil {
		return err
	}
	switch {
	case !file.changes():
		return nil
	case file.After == nil:
		return h.remove(file.Path)
	case file.isLink():
		return h.link(file.Path, string(file.After))
	case file.Mode.Perm() != 0:
		return h.write(file.Path, file.After, file.Mode.Perm())
	default:
		return h.write(file.Path, file.After, fileMode)
	}
}

// expect fails if somebody else has changed the file.
func (h *Host) expect(file File) error {
	var now []byte
	var err error
	if file.isLink() {
		_, now, err = h.Link(file.Path)
	} else {
		now, err = h.read(file.Path)
	}
	if err == nil && sum(now) != sum(file.Before) {
		err = fmt.Errorf("%s was changed by somebody else in the meantime", file.Path)
	}
	return err
}

// write puts data in the place of a file's content in one step: whoever opens
// the file, also after a power cut, gets the old content or the new one. A file
// that exists keeps its mode, its owner and its attributes; one that does not
// gets the mode.
func (h *Host) write(path string, data []byte, mode fs.FileMode) error {
	temporary := h.temporary(path)
	err := h.fill(temporary, path, data, mode)
	if err == nil {
		err = h.root.Rename(relative(temporary), relative(path))
	}
	if err == nil {
		err = h.sync(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, reason(err)), h.discard(temporary))
	}
	return nil
}

// temporary is where a file is written before it takes another one's place.
// That is not in a directory of drop-in files, of which engines read
// everything: what a process leaves there that is killed would be read, too.
// It is the same file each time, so that the next time takes it away.
func (h *Host) temporary(path string) string {
	dir := filepath.Dir(path)
	if up := filepath.Dir(dir); strings.HasSuffix(dir, ".d") && h.sameDevice(dir, up) {
		dir = up
	}
	return filepath.Join(dir, "."+filepath.Base(path)+".unbusy")
}

func (h *Host) sameDevice(a, b string) bool {
	first, err := h.root.Lstat(relative(a))
	if err != nil {
		return false
	}
	second, err := h.root.Lstat(relative(b))
	if err != nil {
		return false
	}
	one, ok := first.Sys().(*syscall.Stat_t)
	other, also := second.Sys().(*syscall.Stat_t)
	return ok && also && one.Dev == other.Dev
}

// fill writes the temporary file and makes it like the one whose place it is to
// take.
func (h *Host) fill(temporary, path string, data []byte, mode fs.FileMode) error {
	if err := h.discard(temporary); err != nil {
		return err
	}
	out, err := h.root.OpenFile(relative(temporary), os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	if err == nil {
		err = h.imitate(path, out, mode)
	}
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

func (h *Host) imitate(path string, out *os.File, mode fs.FileMode) error {
	old, err := h.open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out.Chmod(mode) // whatever the caller's umask says
	}
	if err != nil {
		return err
	}
	defer old.Close()
	info, err := old.Stat()
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := out.Chown(int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	}
	// After chown, which clears the set-id bits; and before the access control
	// list, of which chmod changes the mask.
	if err := out.Chmod(info.Mode()); err != nil {
		return err
	}
	return linux.CopyAttributes(old, out)
}

// link puts a symbolic link in the place of another one, or of none.
func (h *Host) link(path, target string) error {
	temporary := h.temporary(path)
	err := h.discard(temporary)
	if err == nil {
		err = h.root.Symlink(target, relative(temporary))
	}
	if err == nil {
		err = h.root.Rename(relative(temporary), relative(path))
	}
	if err == nil {
		err = h.sync(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("link %s: %w", path, reason(err)), h.discard(temporary))
	}
	return nil
}

// remove removes a file, which need not be there.
func (h *Host) remove(path string) error {
	err := h.root.Remove(relative(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = h.sync(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", path, reason(err))
	}
	return nil
}

// discard removes a temporary file, which need not be there.
func (h *Host) discard(path string) error {
	if err := h.root.Remove(relative(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", path, reason(err))
	}
	return nil
}

// sync lets a directory's names survive a power cut.
func (h *Host) sync(dir string) error {
	f, err := h.root.Open(relative(dir))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// missingDirs are the directories that would have to be made for a file, each
// before those in it.
func (h *Host) missingDirs(path string) []string {
	var missing []string
	for dir := path; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := h.root.Lstat(relative(dir)); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, dir)
	}
	slices.Reverse(missing)
	return missing
}

// makeDirs makes a directory and those above it.
func (h *Host) makeDirs(path string, mode fs.FileMode) error {
	for _, dir := range h.missingDirs(path) {
		if err := h.root.Mkdir(relative(dir), mode); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make directory %s: %w", dir, reason(err))
		}
	}
	return nil
}

// removeDirs removes directories, the last one first, and returns those that
// could not be: something is in them.
func (h *Host) removeDirs(dirs []string) []string {
	var kept []string
	for _, dir := range slices.Backward(dirs) {
		if err := h.root.Remove(relative(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			kept = append(kept, dir)
		}
	}
	slices.Reverse(kept)
	return kept
}
