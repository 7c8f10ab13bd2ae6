package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/doctor"
)

func TestWriteDoctor(t *testing.T) {
	warning := func(id string) doctor.Finding {
		return doctor.Finding{ID: id, Severity: doctor.AtRisk, Evidence: "evidence of " + id, Fix: "mend " + id}
	}
	broken := doctor.Finding{ID: "broken", Severity: doctor.Broken, Evidence: "named \x1b[31m\nroot", Fix: "mend it"}
	var many []doctor.Finding
	for i := range 7 {
		many = append(many, warning(fmt.Sprint("f", i)))
	}
	report := func(area string, err error, findings ...doctor.Finding) doctor.Report {
		return doctor.Report{Area: area, Result: doctor.Result{Summary: "all is\twell", Findings: findings}, Err: err}
	}
	for _, test := range []struct {
		name    string
		reports []doctor.Report
		want    string
	}{
		{"healthy", []doctor.Report{report("kernel", nil), report("configuration", nil)}, `
kernel         all is\twell
configuration  all is\twell
`},
		{"failed", []doctor.Report{report("kernel", errors.New("failed"))}, `
kernel  could not be looked at completely
`},
		{"the worst first", []doctor.Report{report("kernel", nil, warning("a"), broken)}, `
kernel  2 findings
  error  broken: named \x1b[31m\nroot
    fix: mend it
  warning  a: evidence of a
    fix: mend a
`},
		{"the same again", []doctor.Report{report("kernel", nil, warning("a"), warning("a"), warning("a"))}, `
kernel  3 findings
  warning  a: evidence of a (3 times)
    fix: mend a
`},
		{"many", []doctor.Report{report("kernel", nil, many...)}, `
kernel  7 findings
  warning  f0: evidence of f0
    fix: mend f0
  warning  f1: evidence of f1
    fix: mend f1
  warning  f2: evidence of f2
    fix: mend f2
  warning  f3: evidence of f3
    fix: mend f3
  warning  f4: evidence of f4
    fix: mend f4
  and 2 more, see --json
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text strings.Builder
			if err := writeDoctor(&text, test.reports); err != nil {
				t.Fatal(err)
			}
			if got := "\n" + text.String(); got != test.want {
				t.Errorf("got:%s\nwant:%s", got, test.want)
			}
		})
	}
}

func TestLineIsBounded(t *testing.T) {
	got := line(strings.Repeat("\u00fc", maxEvidence))
	if len(got) > maxEvidence+len("...") || !strings.HasSuffix(got, "\u00fc...") {
		t.Errorf("%d bytes, the end is %q", len(got), got[len(got)-8:])
	}
}

func TestDoctorJSON(t *testing.T) {
	for _, test := range []struct {
		findings []doctor.Finding
		want     string
	}{
		{nil, "{\n  \"findings\": []\n}\n"},
		{[]doctor.Finding{{ID: "i", Severity: doctor.Broken, Evidence: "<e>", Fix: "f"}},
			"{\n  \"findings\": [\n    {\n      \"id\": \"i\",\n      \"severity\": \"error\",\n      \"evidence\": \"<e>\",\n      \"fix\": \"f\"\n    }\n  ]\n}\n"},
	} {
		var text strings.Builder
		reports := []doctor.Report{{Area: "kernel", Result: doctor.Result{Findings: test.findings}}}
		if err := writeJSON(&text, doctorAsJSON(reports)); err != nil || text.String() != test.want {
			t.Errorf("got %s, %v", text.String(), err)
		}
	}
}
