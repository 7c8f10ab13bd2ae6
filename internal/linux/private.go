package linux

import "golang.org/x/sys/unix"

// MakePrivate takes a mount, and what is mounted on it and below, out of their
// peer groups. A link of /proc as the target leads to the very mount, whatever
// covers it. The error is the bare number, EINVAL for what is no mount of the
// caller's namespace.
func MakePrivate(target string) error {
	_, err := retry(func() (struct{}, error) {
		return struct{}{}, unix.Mount("", target, "", unix.MS_REC|unix.MS_PRIVATE, "")
	})
	return err
}
