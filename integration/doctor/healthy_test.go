package doctor

import (
	"strings"
	"testing"
)

// TestHealthy has a host on which all is well: an engine under unbusy, a container
// and a service that has copies of its mounts.
func TestHealthy(t *testing.T) {
	m := newMachine(t)
	m.docker("", `{"live-restore": true, "default-runtime": "unbusy", "runtimes": {"unbusy": {"path": "/usr/bin/unbusy-runtime"}}}`)
	m.container("web")
	m.Unit("cron.service", "[Service]\nType=exec\nExecStart=/bin/sleep infinity\nPrivateTmp=yes\n")
	m.Run("systemctl", "start", "cron")
	text, status := m.doctor()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, text)
	}
	t.Log(text)
	var areas []string
	for _, line := range lines {
		area, what, _ := strings.Cut(line, " ")
		areas = append(areas, area)
		if strings.TrimSpace(what) == "" || strings.HasPrefix(line, " ") {
			t.Errorf("not one line for an area: %q", line)
		}
	}
	if got := strings.Join(areas[:6], " "); got != "kernel propagation namespaces mounts configuration log" {
		t.Errorf("the areas are %s", got)
	}
	if text, status := m.doctor("--json"); status != 0 || text != "{\n  \"findings\": []\n}\n" {
		t.Errorf("status %d: %s", status, text)
	}
}
