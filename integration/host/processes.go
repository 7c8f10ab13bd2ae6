package host

// Processes lists the host's processes, those of machines and containers included:
// all in whose mount namespaces something of this host can be, beside the test's
// own.
func (h *Host) Processes() ([]int, error) {
	_, ours, err := hierarchies()
	if err != nil {
		return nil, err
	}
	return members([]string{ours}, h.cgroup, 0)
}
