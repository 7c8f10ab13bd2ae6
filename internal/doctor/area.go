package doctor

import "context"

// Area is a part of a host that is looked at as one: a line of a healthy host's
// report.
type Area struct {
	// Name is a word or two.
	Name string
	// Examine looks at the area. The error says why it could not be looked at; the
	// findings count all the same.
	Examine func(ctx context.Context, h *Host) (Result, error)
}

// Result is what was seen in an area.
type Result struct {
	// Summary is the line for an area without findings.
	Summary  string
	Findings []Finding
}
