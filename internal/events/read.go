package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Read returns the events of the record at path, in the order in which they were
// appended. Lines that are none are passed over: a writer may have been killed.
// The error satisfies errors.Is(err, fs.ErrNotExist) if there is no record. It
// never waits, and reads no more than a record can have.
func Read(path string) ([]Event, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	// Several writers may find it too large at the same time.
	text, err := io.ReadAll(io.LimitReader(f, 2*maxSize))
	if err != nil {
		return nil, err
	}
	var all []Event
	for line := range bytes.Lines(text) {
		var e Event
		if json.Unmarshal(line, &e) == nil {
			all = append(all, e)
		}
	}
	return all, nil
}
