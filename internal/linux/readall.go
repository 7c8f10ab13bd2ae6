package linux

import (
	"bytes"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// rooms are what files are read into before their length is known.
var rooms = sync.Pool{New: func() any {
	room := make([]byte, 64<<10)
	return &room
}}

// ReadAll reads a file whose size nobody knows before it was read, as those of
// /proc. It is for who reads thousands: what os.ReadFile leaves to be collected is
// several times the text.
func ReadAll(path string) ([]byte, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	room := rooms.Get().(*[]byte)
	defer rooms.Put(room)
	for length := 0; ; {
		n, err := retry(func() (int, error) { return unix.Read(fd, (*room)[length:]) })
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		}
		if n == 0 {
			return bytes.Clone((*room)[:length]), nil
		}
		if length += n; length == len(*room) {
			*room = append(*room, make([]byte, len(*room))...)
		}
	}
}
