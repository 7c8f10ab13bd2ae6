package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/log"
)

const (
	// maxShown is how many findings of an area are printed: who has more of one
	// kind learns nothing from the rest.
	maxShown = 5
	// maxEvidence bounds a line of evidence, in bytes: names in it are as long as
	// somebody made them.
	maxEvidence = 512
)

// writeDoctor prints a line for an area without findings, and a few for each
// finding of another one.
func writeDoctor(out io.Writer, reports []doctor.Report) error {
	var text strings.Builder
	width := 0
	for _, report := range reports {
		width = max(width, len(report.Area))
	}
	for _, report := range reports {
		fmt.Fprintf(&text, "%-*s  %s\n", width, report.Area, headline(report))
		shown := alike(report.Findings)
		for _, f := range shown[:min(maxShown, len(shown))] {
			fmt.Fprintf(&text, "  %s  %s: %s\n    fix: %s\n", f.Severity, f.ID, line(f.Evidence+f.again()), line(f.Fix))
		}
		if more := len(shown) - maxShown; more > 0 {
			fmt.Fprintf(&text, "  and %d more, see --json\n", more)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func headline(report doctor.Report) string {
	switch n := len(report.Findings); {
	case n == 1:
		return "1 finding"
	case n > 1:
		return fmt.Sprintf("%d findings", n)
	case report.Err != nil:
		return "could not be looked at completely"
	default:
		return line(report.Summary)
	}
}

// several is a finding that was made so many times, word for word.
type several struct {
	doctor.Finding
	times int
}

// again says how often it was made, if more than once.
func (s several) again() string {
	if s.times == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", s.times)
}

// alike puts together what is the same word for word. What fails now comes before
// what may fail.
func alike(findings []doctor.Finding) []several {
	at := make(map[doctor.Finding]int)
	var all []several
	for _, severity := range []doctor.Severity{doctor.Broken, doctor.AtRisk} {
		for _, f := range findings {
			if f.Severity != severity {
				continue
			}
			i, known := at[f]
			if !known {
				i = len(all)
				at[f] = i
				all = append(all, several{Finding: f})
			}
			all[i].times++
		}
	}
	return all
}

// line is a text as it can be printed on a line.
func line(text string) string {
	if len(text) > maxEvidence {
		text = strings.ToValidUTF8(text[:maxEvidence], "") + "..."
	}
	return log.Escape(text)
}
