package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// memory is what a process has, in KiB.
type memory struct{ resident, proportional int }

// memoryOf reads the sums of a process's memory map. Shared pages count for the
// processes that share them in equal parts in the proportional one.
func memoryOf(pid int) (memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return memory{}, err
	}
	var m memory
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "Rss:":
			m.resident, err = strconv.Atoi(fields[1])
		case "Pss:":
			m.proportional, err = strconv.Atoi(fields[1])
		}
		if err != nil {
			return memory{}, fmt.Errorf("the memory of process %d: %w", pid, err)
		}
	}
	return m, nil
}
