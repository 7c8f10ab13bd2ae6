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

// OldRule gives the machine what package oldrule emulates, for programs that are
// started by the command line that it returns and their own command line after
// it. With NoSwitch there is no file for the switch either.
func (m *Machine) OldRule(state Switch) (prefix string) {
	m.h.t.Helper()
	control := ""
	if state != NoSwitch {
		// Files cannot be made in procfs, and dockerd and unbusy look there.
		m.Run("sh", "-ec", `
			mkdir /run/sysctl-fs
			mount -t tmpfs -o mode=755 tmpfs /run/sysctl-fs
			cd /proc/sys/fs
			for entry in *; do
				if [ -d "$entry" ]; then mkdir "/run/sysctl-fs/$entry"; else : >"/run/sysctl-fs/$entry"; fi
				mount --rbind "$entry" "/run/sysctl-fs/$entry"
			done
			echo "$0" >/run/sysctl-fs/may_detach_mounts
			mount --rbind /run/sysctl-fs /proc/sys/fs`, string(state))
		control = m.Path(oldRuleSwitch)
	}
	rule, err := oldrule.Listen(m.Path(oldRuleSocket), control, func(err error) { m.h.t.Errorf("the old rule: %v", err) })
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
