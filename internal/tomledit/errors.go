package tomledit

import (
	"errors"
	"fmt"
)

// EditError tells that a text could not be changed without changing more. The
// document is as it was before.
type EditError struct{ err error }

// Error says what is in the way.
func (e *EditError) Error() string { return fmt.Sprintf("edit: %v", e.err) }

// Unwrap is the cause.
func (e *EditError) Unwrap() error { return e.err }

// errOther is the cause if the changed text would say something else than what
// was asked for.
var errOther = errors.New("the text is too unusual to be changed")

// errTable is the cause if a value is to stand where there is a table.
var errTable = errors.New("a table is not a value")

// notTable is the cause if a path leads through something that is no table.
func notTable(path []string) error {
	return &EditError{fmt.Errorf("%s is not a table", Key(path...))}
}
