package cleanup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// RecordName is the file in a container's bundle in which its record is kept.
const RecordName = "unbusy.json"

const (
	// recordVersion is that of the format.
	recordVersion = 1
	// maxRecord bounds a record, in bytes: a pod with many volumes has many lines.
	maxRecord = 4 << 20
)

// Record is what was known about a container's mounts when it was started, when
// the kernel could still say which ones they are. It lives in the bundle, and as
// long as that.
type Record struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	// Sandbox is that of [Container]: a pod can get volumes after its start.
	Sandbox bool    `json:"sandbox,omitempty"`
	Owned   []Owned `json:"owned"`
}

// WriteRecord puts the record of a container into its bundle, in place of an
// earlier one. The version is filled in.
func WriteRecord(bundle string, record Record) error {
	record.Version = recordVersion
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	dir, err := os.OpenRoot(bundle)
	if err != nil {
		return err
	}
	defer dir.Close()
	const unfinished = RecordName + ".new"
	if err := dir.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := dir.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = supersede(dir, unfinished)
	}
	if err != nil {
		return errors.Join(err, dir.Remove(unfinished))
	}
	return nil
}

// supersede gives the record its name. One of an earlier run, which says nothing
// true any more, is removed before that: ext4 writes to the disk what is renamed
// over another file, and the container would wait for it (ext4_rename, auto_da_alloc).
func supersede(dir *os.Root, unfinished string) error {
	if err := dir.Remove(RecordName); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return dir.Rename(unfinished, RecordName)
}

// ReadRecord reads the record of a container from its bundle. The error
// satisfies errors.Is(err, fs.ErrNotExist) if there is none. A record of another
// container, or of a later version of the format, is an error.
func ReadRecord(bundle, id string) (Record, error) {
	dir, err := os.OpenRoot(bundle)
	if err != nil {
		return Record{}, err
	}
	defer dir.Close()
	// A Root follows links that lead to what is inside, whatever the flags are.
	entry, err := dir.Lstat(RecordName)
	if err != nil {
		return Record{}, err
	}
	f, err := dir.OpenFile(RecordName, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return Record{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return Record{}, err
	} else if !info.Mode().IsRegular() || !os.SameFile(info, entry) {
		return Record{}, fmt.Errorf("%s/%s is not a regular file", bundle, RecordName)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	if err != nil {
		return Record{}, err
	}
	if len(text) > maxRecord {
		return Record{}, fmt.Errorf("%s/%s is larger than %d bytes", bundle, RecordName, maxRecord)
	}
	var record Record
	if err := json.Unmarshal(text, &record); err != nil {
		return Record{}, fmt.Errorf("%s/%s: %w", bundle, RecordName, err)
	}
	switch {
	case record.Version != recordVersion:
		return Record{}, fmt.Errorf("%s/%s: version %d is not known", bundle, RecordName, record.Version)
	case record.ID != id:
		return Record{}, fmt.Errorf("%s/%s is of container %q, not of %q", bundle, RecordName, record.ID, id)
	}
	return record, nil
}
