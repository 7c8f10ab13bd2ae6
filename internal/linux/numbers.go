package linux

import (
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// direntBuffer is as much as os.File reads of a directory at once, in bytes.
const direntBuffer = 8 << 10

// direntBuffers are for Numbers, which is called for each process of a host.
var direntBuffers = sync.Pool{New: func() any { return new([direntBuffer]byte) }}

// Numbers returns the entries of a directory that are numbers, as those of /proc
// are for processes. Errors are those of reading the directory.
//
// [os.ReadDir] would make twice as many system calls, to find out that nobody can be
// waited for here.
func Numbers(dir string) ([]int, error) {
	var found []int
	err := InNumbers(dir, func(_ int, numbers []int) { found = numbers })
	return found, err
}

// InNumbers is Numbers for who goes on in the directory: it is open, as fd, until do
// returns.
func InNumbers(dir string, do func(fd int, numbers []int)) error {
	fd, err := retry(func() (int, error) {
		return unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer unix.Close(fd)
	found, err := numbers(fd)
	if err != nil {
		return &os.PathError{Op: "readdirent", Path: dir, Err: err}
	}
	do(fd, found)
	return nil
}

func numbers(fd int) ([]int, error) {
	buffer := direntBuffers.Get().(*[direntBuffer]byte)
	defer direntBuffers.Put(buffer)
	var (
		names []string
		found []int
	)
	for {
		n, err := retry(func() (int, error) { return unix.ReadDirent(fd, buffer[:]) })
		if err != nil || n == 0 {
			return found, err
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names[:0])
		for _, name := range names {
			if n, err := strconv.Atoi(name); err == nil {
				found = append(found, n)
			}
		}
	}
}
