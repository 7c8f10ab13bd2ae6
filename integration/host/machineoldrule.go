package host

import (
	"github.com/unbusy/unbusy/integration/oldrule"
)

// Switch is fs.may_detach_mounts.
type Switch string

// The states of the switch. NoSwitch is a kernel before that of RHEL 7.4.
const (
	NoSwitch  Switch = ""
	SwitchOff Switch = "0"
	SwitchOn  Switch = "1"
)

const (
	oldRuleSocket = "/run/old-rule.sock"
	oldRuleSwitch = "/proc/sys/fs/may_detach_mounts"
)

// copySettings makes the directory of settings one that has the switch as well, $0.
// Files cannot be made in procfs, and dockerd and unbusy look there. $1 is where
// it is made.
const copySettings = `
	mkdir -p "$1"
	mount -t tmpfs -o mode=755 tmpfs "$1"
	cd /proc/sys/fs
	for entry in *; do
		if [ -d "$entry" ]; then mkdir "$1/$entry"; else : >"$1/$entry"; fi
		mount --rbind "$entry" "$1/$entry"
	done
	echo "$0" >"$1/may_detach_mounts"
	mount --rbind "$1" /proc/sys/fs`

// OldRule gives the machine what package oldrule emulates, for programs that are
// started by the command line that it returns and their own command line after
// it. With NoSwitch there is no file for the switch either.
func (m *Machine) OldRule(state Switch) (prefix string) {
	m.h.t.Helper()
	control := ""
	if state != NoSwitch {
		m.Run("sh", "-ec", copySettings, string(state), "/run/sysctl-fs")
		control = m.Path(oldRuleSwitch)
	}
	rule, err := oldrule.Listen(m.Path(oldRuleSocket), control, m.h.Processes, func(err error) { m.h.t.Errorf("the old rule: %v", err) })
	if err != nil {
		m.h.t.Fatalf("make the old rule: %v", err)
	}
	m.h.t.Cleanup(func() {
		if err := rule.Close(); err != nil {
			m.h.t.Errorf("end the old rule: %v", err)
		}
	})
	if _, err := oldrule.Link(m.Path("/usr/local/bin")); err != nil {
		m.h.t.Fatalf("make the old rule: %v", err)
	}
	return "/usr/local/bin/" + oldrule.Program + " " + oldRuleSocket + " "
}
