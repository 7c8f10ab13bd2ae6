package host

import (
	"path/filepath"

	"github.com/unbusy/unbusy/integration/oldrule"
)

// UnderOldRule gives containerd, and its shims and their runtimes, what package
// oldrule emulates, without a switch: the kernel before that of RHEL 7.4.
func UnderOldRule() ContainerdOption {
	return func(o *containerdOptions) { o.oldRule = true }
}

// underOldRule has a daemon start under the old rule.
func (h *Host) underOldRule(s daemonSpec) daemonSpec {
	h.t.Helper()
	dir := h.Dir("old-rule")
	rule, err := oldrule.Listen(filepath.Join(dir, "sock"), "", func(err error) { h.t.Errorf("the old rule: %v", err) })
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
