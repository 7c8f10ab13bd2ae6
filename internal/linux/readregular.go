package linux

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// ReadRegular reads all of a file that is open, which has to be a regular one of at
// most so many bytes: nothing in it can make the reader wait.
func ReadRegular(f *os.File, most int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", f.Name())
	}
	var text bytes.Buffer
	// One that is being written may be longer by now.
	text.Grow(int(min(info.Size(), most)) + bytes.MinRead)
	if _, err := text.ReadFrom(io.LimitReader(f, most+1)); err != nil {
		return nil, err
	}
	if int64(text.Len()) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", f.Name(), most)
	}
	return text.Bytes(), nil
}
