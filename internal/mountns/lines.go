package mountns

import (
	"bytes"
	"strconv"
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
	_, line, _ = bytes.Cut(line, []byte(" "))
	_, line, _ = bytes.Cut(line, []byte(" "))
	field, _, _ := bytes.Cut(line, []byte(" "))
	return field
}

// deviceOf takes a device's field apart.
func deviceOf(field []byte) (Device, bool) {
	major, minor, ok := bytes.Cut(field, []byte(":"))
	if !ok {
		return Device{}, false
	}
	a, err := strconv.ParseUint(string(major), 10, 32)
	if err != nil {
		return Device{}, false
	}
	b, err := strconv.ParseUint(string(minor), 10, 32)
	if err != nil {
		return Device{}, false
	}
	return Device{Major: uint32(a), Minor: uint32(b)}, true
}
