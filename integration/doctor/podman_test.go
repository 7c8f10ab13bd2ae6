package doctor

import "testing"

// TestPodmansOwnDirectory has the directory that podman mounts on itself, private,
// as long as a container is mounted, unless told not to.
func TestPodmansOwnDirectory(t *testing.T) {
	const id = "private-mount-over-root"
	m := newMachine(t)
	m.sh(`mkdir -p /var/lib/containers /etc/containers; mount -t tmpfs tmpfs /var/lib/containers; echo '{"default":[{"type":"insecureAcceptAnything"}]}' >/etc/containers/policy.json
		tar -C /bin -c busybox | podman import - img`)
	run := func() {
		t.Helper()
		m.Run("podman", "create", "--name", "web", "--network", "none", "img", "/busybox", "sleep", "100000")
		m.Run("podman", "mount", "web")
	}
	remove := func() {
		t.Helper()
		m.Run("podman", "umount", "web")
		m.Run("podman", "rm", "web")
	}
	m.requireNo(id)
	run()
	m.requireOne(id, "warning", "/var/lib/containers/storage/overlay in mnt:[", "skip_mount_home", "/etc/containers/storage.conf")
	remove()
	m.requireNo(id)
	m.Write("/etc/containers/storage.conf", "[storage]\ndriver = \"overlay\"\nrunroot = \"/run/containers/storage\"\ngraphroot = \"/var/lib/containers/storage\"\n[storage.options.overlay]\nskip_mount_home = \"true\"\n")
	run()
	m.requireNo(id)
	remove()
}
