package cleanup

// Kind is what a mount is to the container that owns it.
type Kind string

// The kinds of mounts that a container owns.
const (
	Rootfs Kind = "rootfs" // the root file system
	Shm    Kind = "shm"    // what is bound to /dev/shm
	Netns  Kind = "netns"  // a network namespace that is bound to a file
	Volume Kind = "volume" // a volume of a pod, owned by its sandbox
	// Other is a mount that somebody names without knowing whose it is.
	Other Kind = "mount"
)
