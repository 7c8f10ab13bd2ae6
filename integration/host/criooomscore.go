package host

import (
	"fmt"
	"os"
	"path/filepath"
)

// withoutOOMScore is a runtime that takes from the specification what a machine
// without CAP_SYS_RESOURCE refuses, and goes on as another.
const withoutOOMScore = `#!/bin/sh
before=
for word; do
	case $before in
	-b | --bundle) sed -i 's/"oomScoreAdj": *-[0-9]*/"oomScoreAdj":0/' "$word/config.json" ;;
	esac
	before=$word
done
exec %q "$@"
`

// WithoutOOMScore returns a program that is the runtime at path but for this: a
// container's processes may be killed for lack of memory like others. CRI-O asks
// for the contrary for every infra container, and there is nothing to set (cri-o
// server/sandbox_run_linux.go, PodInfraOOMAdj).
func (h *Host) WithoutOOMScore(path string) string {
	h.t.Helper()
	program := filepath.Join(h.Dir("withoutoomscore"), filepath.Base(path))
	if err := os.WriteFile(program, fmt.Appendf(nil, withoutOOMScore, path), 0o755); err != nil {
		h.t.Fatalf("make a runtime: %v", err)
	}
	return program
}
