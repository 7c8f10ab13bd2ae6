package doctor

// Severity says how much a finding matters.
type Severity string

const (
	// Broken is what fails now, or will at the next stop or start of a container.
	Broken Severity = "error"
	// AtRisk is what lets mounts leak, or keeps unbusy from its work.
	AtRisk Severity = "warning"
)

// Finding is something that is not as it should be on a host.
type Finding struct {
	// ID names the kind of finding. It is stable, and documented.
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	// Evidence is what was seen and where, in one line that an operator can check.
	Evidence string `json:"evidence"`
	// Fix is what to do about it, a command where there is one.
	Fix string `json:"fix"`
}
