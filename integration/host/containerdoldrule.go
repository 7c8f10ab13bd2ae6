package host

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/unbusy/unbusy/integration/oldrule"
)

// UnderOldRule gives containerd, and its shims and their runtimes, what package
// oldrule emulates, without a switch: the kernel before that of RHEL 7.4.
func UnderOldRule() ContainerdOption {
	return func(o *containerdOptions) { o.oldRule = &kernelSwitch{NoSwitch} }
}

// UnderOldRuleWithSwitch is UnderOldRule with the switch, which is off: the kernel
// of RHEL 7.4 and later. Everybody in the box finds it where that kernel has it.
func UnderOldRuleWithSwitch() ContainerdOption {
	return func(o *containerdOptions) { o.oldRule = &kernelSwitch{SwitchOff} }
}

// kernelSwitch is a kernel with the old rule.
type kernelSwitch struct{ state Switch }

// underOldRule has a daemon start under the old rule.
func (h *Host) underOldRule(s daemonSpec, kernel kernelSwitch) daemonSpec {
	h.t.Helper()
	dir := h.Dir("old-rule")
	control := ""
	if kernel.state != NoSwitch {
		h.makeSwitch(kernel.state)
		control = oldRuleSwitch
	}
	rule, err := oldrule.Listen(filepath.Join(dir, "sock"), control, h.Processes, func(err error) { h.t.Errorf("the old rule: %v", err) })
	if err != nil {
		h.t.Fatalf("make the old rule: %v", err)
	}
	h.t.Cleanup(func() {
		if err := rule.Close(); err != nil {
			h.t.Errorf("end the old rule: %v", err)
		}
	})
	program, err := oldrule.Link(dir)
	if err != nil {
		h.t.Fatalf("make the old rule: %v", err)
	}
	command := rule.Under(program, append([]string{s.path}, s.args...)...)
	s.path, s.args = command[0], command[1:]
	return s
}

// makeSwitch puts a file system over the box's directory of settings: files cannot
// be made in procfs. It has one more entry than what it covers, and is gone with
// the test.
func (h *Host) makeSwitch(state Switch) {
	h.t.Helper()
	const at = "/proc/sys/fs"
	dir := h.Dir("sysctl-fs")
	if _, err := h.Exec(nil, "sh", "-ec", copySettings, string(state), dir); err != nil {
		h.t.Fatalf("make a switch: %v", err)
	}
	h.t.Cleanup(func() {
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil {
			h.t.Errorf("unmount %s: %v", at, err)
		}
	})
	if _, err := os.Stat(oldRuleSwitch); err != nil {
		h.t.Fatalf("make a switch: %v", err)
	}
}
