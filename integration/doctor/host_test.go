package doctor

import (
	"strconv"
	"strings"
	"testing"
)

// TestHost brings each thing about, and takes it away again.
func TestHost(t *testing.T) {
	m := newMachine(t)
	for _, test := range []struct {
		id, severity string
		prepare      string
		undo         string
		words        []string
	}{
		{
			"root-not-shared", "warning", "mount --make-private /", "mount --make-shared /",
			[]string{"/ is not shared", "mount --make-rshared /"},
		},
		{
			"private-mount-over-root", "warning",
			"mkdir -p /var/lib/docker/overlay2; mount --bind --make-private /var/lib/docker/overlay2 /var/lib/docker/overlay2",
			"umount /var/lib/docker/overlay2",
			[]string{"/var/lib/docker/overlay2 in mnt:[", "docker", "mount --make-shared /var/lib/docker/overlay2"},
		},
		{
			"alias-of-runtime-root", "warning", "mkdir -p /mnt/data; mount --bind /var/lib/docker /mnt/data", "umount /mnt/data",
			[]string{"/mnt/data", "/var/lib/docker", "umount --recursive /mnt/data"},
		},
		{
			"alias-of-runtime-root", "error",
			`mkdir -p /mnt/data /var/lib/docker/overlay2/x/merged; mount -t tmpfs tmpfs /var/lib/docker/overlay2/x/merged
			mount --rbind --make-rprivate /var/lib/docker /mnt/data; umount /var/lib/docker/overlay2/x/merged
			! rmdir /var/lib/docker/overlay2/x/merged`,
			"umount --recursive /mnt/data; rmdir /var/lib/docker/overlay2/x/merged",
			[]string{"/mnt/data", "with 1 mount below it", "umount --recursive /mnt/data"},
		},
		{
			"may-detach-mounts-off", "error",
			"mkdir -p /run/sysctl; cat /proc/sys/fs/mount-max >/run/sysctl/mount-max; echo 0 >/run/sysctl/may_detach_mounts; mount --bind /run/sysctl /proc/sys/fs",
			"umount /proc/sys/fs",
			[]string{"fs.may_detach_mounts=0", "sysctl -w fs.may_detach_mounts=1"},
		},
		{
			"config-unknown-key", "warning", "echo 'rewrite_readonly = false' >/etc/unbusy/config.toml", "rm /etc/unbusy/config.toml",
			[]string{"/etc/unbusy/config.toml", "rewrite_readonly"},
		},
		{
			"config-broken", "error", "echo 'rewrite_read_only = 3' >/etc/unbusy/config.toml", "rm /etc/unbusy/config.toml",
			[]string{"/etc/unbusy/config.toml:1"},
		},
		{
			"config-root-missing", "warning",
			`printf '[[roots]]\nengine = "docker"\npath = "/srv/nowhere"\n' >/etc/unbusy/config.toml`, "rm /etc/unbusy/config.toml",
			[]string{"/srv/nowhere"},
		},
		{
			"failed-open", "warning",
			`mkdir -p /run/unbusy; echo '{"time":"2026-01-02T03:04:05Z","kind":"failed-open","program":"unbusy-runtime","container":"web","error":"no table"}' >/run/unbusy/events`,
			"rm /run/unbusy/events",
			[]string{"/run/unbusy/events: 1 failure after which a container started", "2026-01-02T03:04:05Z", "container web: no table"},
		},
		{
			"failed-closed", "warning",
			`mkdir -p /run/unbusy; echo '{"kind":"failed-closed","program":"unbusy-runtime","container":"web","error":"no table"}' >/run/unbusy/events`,
			"rm /run/unbusy/events",
			[]string{"/run/unbusy/events: 1 failure after which mounts may be left"},
		},
	} {
		t.Run(test.id, func(t *testing.T) {
			m := &machine{m.Machine, t}
			m.requireNo(test.id)
			m.sh(test.prepare)
			m.requireOne(test.id, test.severity, test.words...)
			m.sh(test.undo)
			m.requireNo(test.id)
		})
	}
}

// TestNearMountMax has a unit's namespace, which gets its mounts from that of the
// machine, nearly full.
func TestNearMountMax(t *testing.T) {
	m := newMachine(t)
	m.Unit("agent.service", "[Service]\nType=exec\nExecStart=/bin/sleep infinity\nPrivateMounts=yes\n")
	m.Run("systemctl", "start", "agent")
	const agent = "/proc/$(systemctl show --property=MainPID --value agent)"
	m.sh("nsenter --mount=" + agent + "/ns/mnt sh -ec 'for n in $(seq 100); do mkdir -p /tmp/$n; mount -t tmpfs tmpfs /tmp/$n; done'")
	mounts := strings.Count(m.sh("cat "+agent+"/mountinfo"), "\n")
	limit := func(n int) {
		m.sh("umount /proc/sys/fs/mount-max 2>/dev/null || :; echo " + strconv.Itoa(n) + " >/run/mount-max; mount --bind /run/mount-max /proc/sys/fs/mount-max")
	}
	m.requireNo("near-mount-max")
	limit(mounts + mounts/20)
	m.requireOne("near-mount-max", "warning", "it gets its mounts from another one", "sysctl -w fs.mount-max=")
	limit(mounts)
	m.requireOne("near-mount-max", "error")
	limit(2 * mounts)
	m.requireNo("near-mount-max")
}

// TestAreaFails has something that one area has a finding about, and that keeps
// another one from being looked at: what was found is printed all the same.
func TestAreaFails(t *testing.T) {
	m := newMachine(t)
	m.requireNo("engine-not-understood")
	m.Write("/etc/docker/daemon.json", `{"data-root":`)
	stdout, err := m.Try("unbusy", "doctor", "--json")
	if err == nil || !strings.Contains(err.Error(), "exit status 2: unbusy: docker could not be looked at completely: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %v", err)
	}
	if !strings.Contains(stdout, `"engine-not-understood"`) {
		t.Errorf("it prints %s", stdout)
	}
	m.Run("rm", "/etc/docker/daemon.json")
	m.requireNo("engine-not-understood")
}
