package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// errNotRegular is the cause when a path leads to a FIFO, a device or a
// directory.
var errNotRegular = errors.New("not a regular file")

// ReadFile reads at most limit bytes of a regular file and says whether there
// was more. It never waits: a FIFO without a writer is opened all the same,
// and refused like everything that is no regular file. Errors are those of
// os.Open and of reading.
func ReadFile(path string, limit int64) (data []byte, truncated bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return nil, false, &fs.PathError{Op: "read", Path: path, Err: errNotRegular}
	}
	// The size is not asked: files of /proc have none.
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, false, err
	}
	if int64(len(data)) > limit {
		return data[:limit], true, nil
	}
	return data, false, nil
}
