package holder

import (
	"errors"
	"fmt"
)

// ErrIncomplete says that not everything could be looked at.
var ErrIncomplete = errors.New("not all processes could be looked at")

// maxNamed is how many of the reasons are given.
const maxNamed = 3

// missed counts what could not be looked at.
type missed struct {
	count int
	named []error
}

// add notes that a process, if pid is not 0, could not be looked at.
func (m *missed) add(pid int, err error) {
	if pid != 0 {
		err = fmt.Errorf("process %d: %w", pid, err)
	}
	if m.count++; m.count <= maxNamed {
		m.named = append(m.named, err)
	}
}

// err says what was missed first, on one line, and how much there is besides.
func (m *missed) err() error {
	if m.count == 0 {
		return nil
	}
	err := ErrIncomplete
	for i, reason := range m.named {
		separator := ": "
		if i > 0 {
			separator = "; "
		}
		err = fmt.Errorf("%w%s%w", err, separator, reason)
	}
	if more := m.count - len(m.named); more > 0 {
		err = fmt.Errorf("%w; and %d more", err, more)
	}
	return err
}
