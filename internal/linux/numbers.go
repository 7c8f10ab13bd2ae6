package linux

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// direntBuffer is as much as os.File reads of a directory at once, in bytes.
const direntBuffer = 8 << 10

// Numbers returns the entries of a directory that are numbers, as those of /proc
// are for processes. Errors are those of reading the directory.
//
// It is called for each process of a host: [os.ReadDir] would make twice as many
// system calls, to find out that nobody can be waited for here.
func Numbers(dir string) ([]int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer unix.Close(fd)
	var (
		buffer [direntBuffer]byte
		names  []string
		found  []int
	)
	for {
		n, err := retry(func() (int, error) { return unix.ReadDirent(fd, buffer[:]) })
		if err != nil {
			return nil, &os.PathError{Op: "readdirent", Path: dir, Err: err}
		}
		if n == 0 {
			return found, nil
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names[:0])
		for _, name := range names {
			if n, err := strconv.Atoi(name); err == nil {
				found = append(found, n)
			}
		}
	}
}
