package mountns

import (
	"bytes"
	"math"
)

// linesOf are the lines of a mount table whose mounts are of some devices. To take
// a line apart costs half as much as the kernel takes to write it, and of most
// only the device is of interest. A line in which none is found is left in, for
// whoever takes it apart to complain about.
func linesOf(text []byte, wanted func(Device) bool) []byte {
	var (
		lines, field []byte // the field that was last looked at
		is           bool
	)
	for line := range bytes.Lines(text) {
		// Neighbours are often of one device.
		if now := deviceField(line); field == nil || !bytes.Equal(now, field) {
			device, ok := deviceOf(now)
			field, is = now, !ok || wanted(device)
		}
		if is {
			lines = append(lines, line...)
		}
	}
	return lines
}

// deviceField is the third field, "0:50".
func deviceField(line []byte) []byte {
	for range 2 {
		line = line[bytes.IndexByte(line, ' ')+1:]
	}
	if end := bytes.IndexByte(line, ' '); end >= 0 {
		return line[:end]
	}
	return line
}

// deviceOf takes a device's field apart.
func deviceOf(field []byte) (Device, bool) {
	major, rest, ok := number(field)
	if !ok || len(rest) == 0 || rest[0] != ':' {
		return Device{}, false
	}
	minor, rest, ok := number(rest[1:])
	return Device{Major: major, Minor: minor}, ok && len(rest) == 0
}

// number is the decimal number that a text begins with, and what is behind it. It is
// not ok without a digit, and of a number that no id or device can have.
func number(text []byte) (n uint32, rest []byte, ok bool) {
	var at int
	var sum uint64
	for ; at < len(text) && '0' <= text[at] && text[at] <= '9' && sum <= math.MaxUint32; at++ {
		sum = sum*10 + uint64(text[at]-'0')
	}
	return uint32(sum), text[at:], at > 0 && sum <= math.MaxUint32
}
