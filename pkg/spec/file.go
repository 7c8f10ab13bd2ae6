package spec

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// MaxFileSize is the size in bytes above which a config.json is not read. The
// largest real ones have some 100 KiB, most of it a seccomp profile.
const MaxFileSize = 10 << 20

// File is a config.json that was opened to be edited. Its directory is held by
// descriptor, so that whoever controls the path to it cannot turn the
// replacement to another place.
type File struct {
	// Data is the text that was read.
	Data []byte

	dir  *os.Root
	name string
	info os.FileInfo
	file *os.File
}

// OpenFile reads a config.json. A symbolic link is followed, and it is the
// file it leads to that [File.Replace] replaces. Anything but a regular file
// of at most [MaxFileSize] bytes is an error, and is not opened.
func OpenFile(path string) (*File, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	f := &File{dir: dir, name: filepath.Base(target)}
	if err := f.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", target, err), f.Close())
	}
	return f, nil
}

func (f *File) read() (err error) {
	// Before it is opened: opening and closing a named pipe would take it away
	// from under the runtime that reads it next.
	if f.info, err = f.dir.Lstat(f.name); err != nil {
		return err
	}
	if err := requireRegular(f.info); err != nil {
		return err
	}
	f.file, err = f.dir.OpenFile(f.name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	if f.info, err = f.file.Stat(); err != nil {
		return err
	}
	if err := requireRegular(f.info); err != nil {
		return err
	}
	if f.info.Size() > MaxFileSize {
		return fmt.Errorf("%d bytes, more than the %d that are read", f.info.Size(), MaxFileSize)
	}
	f.Data = make([]byte, f.info.Size())
	if _, err := io.ReadFull(f.file, f.Data); err != nil {
		return err
	}
	return nil
}

func requireRegular(info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("not a regular file but %s", info.Mode().Type())
	}
	return nil
}

// Close gives up the descriptors.
func (f *File) Close() error {
	var err error
	if f.file != nil {
		err = f.file.Close()
	}
	return errors.Join(err, f.dir.Close())
}

// Replace puts data in the place of the file's content, in one step: whoever
// opens the file, also after a crash of the caller at any moment, gets the old
// text or the new one. Mode, owner and security.selinux label stay. On an error
// the old file is there, untouched; so it is for a file that is a mountpoint
// (EBUSY), since a bind-mounted config.json cannot be replaced.
//
// A caller that may not give the new file the old one's owner gets an error.
//
// Nothing is synced: a bundle does not outlive a power cut, its engine writes
// it anew at the container's next start.
func (f *File) Replace(data []byte) error {
	temporary := "." + f.name + ".unbusy-" + strconv.Itoa(os.Getpid())
	if err := f.write(temporary, data); err != nil {
		return fmt.Errorf("write %s beside %s: %w", temporary, f.name, errors.Join(err, f.discard(temporary)))
	}
	if err := f.swap(temporary); err != nil {
		return fmt.Errorf("replace %s: %w", f.name, errors.Join(err, f.discard(temporary)))
	}
	return nil
}

func (f *File) write(name string, data []byte) error {
	out, err := f.dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	if err == nil {
		err = f.copyAttributes(out)
	}
	return errors.Join(err, out.Close())
}

// copyAttributes makes out look like the file it is to replace.
func (f *File) copyAttributes(out *os.File) error {
	created, err := out.Stat()
	if err != nil {
		return err
	}
	have, want := owner(created), owner(f.info)
	if have != want {
		if err := out.Chown(int(want.uid), int(want.gid)); err != nil {
			return err
		}
	}
	// After chown, which clears the set-id bits.
	if err := out.Chmod(f.info.Mode()); err != nil {
		return err
	}
	return copyLabel(f.file, out)
}

// swap renames the new file over the old one, unless somebody else replaced
// that in the meantime.
func (f *File) swap(temporary string) error {
	now, err := f.dir.Lstat(f.name)
	if err != nil {
		return err
	}
	if !os.SameFile(now, f.info) {
		return errors.New("it was replaced by somebody else while it was read")
	}
	return f.dir.Rename(temporary, f.name)
}

// discard removes the temporary file if it is there.
func (f *File) discard(temporary string) error {
	if err := f.dir.Remove(temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

type ids struct{ uid, gid uint32 }

func owner(info os.FileInfo) ids {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ids{}
	}
	return ids{st.Uid, st.Gid}
}
