package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/log"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// none stands for what is not there, so that every line has all columns.
const none = "-"

// writeFindings prints a line for each holder. swept says that they have
// results.
func writeFindings(out io.Writer, all []findings, swept bool) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	header := []string{"NAMESPACE", "MOUNTPOINT", "KIND", "PID", "COMMAND", "WHERE"}
	if swept {
		header = append(header, "RESULT", "REASON")
	}
	several := len(all) > 1
	if several {
		header = append([]string{"TARGET"}, header...)
	}
	lines := 0
	line := func(f *findings, columns []string) {
		if several {
			columns = append([]string{f.target.Name}, columns...)
		}
		if lines == 0 {
			fmt.Fprintln(table, strings.Join(header, "\t"))
		}
		lines++
		for i, column := range columns {
			if columns[i] = log.Escape(column); column == "" {
				columns[i] = none
			}
		}
		fmt.Fprintln(table, strings.Join(columns, "\t"))
	}
	for i := range all {
		f := &all[i]
		for j := range f.holders {
			h := &f.holders[j]
			if !f.holds(h) {
				continue
			}
			columns := append([]string{h.Copy.Namespace.String(), h.Copy.Mount.Path, string(h.Copy.Kind)}, processColumns(h.Processes)...)
			if swept {
				columns = append(columns, string(h.Result), h.Reason)
			}
			line(f, columns)
		}
		for _, u := range f.users {
			things := make([]string, 0, len(u.uses))
			for _, use := range u.uses {
				things = append(things, use.What)
			}
			columns := append([]string{none, u.uses[0].Path, strings.Join(things, ",")}, processColumns([]holder.Process{u.Process})...)
			if swept {
				columns = append(columns, string(cleanup.Left), "a process has it open")
			}
			line(f, columns)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for i := range all {
		if err := writeSummary(out, &all[i], swept); err != nil {
			return err
		}
	}
	return nil
}

// processColumns name the first process of a holder, and say how many there are
// besides.
func processColumns(processes []holder.Process) []string {
	if len(processes) == 0 {
		return []string{none, none, none}
	}
	p := processes[0]
	pid := strconv.Itoa(p.PID)
	if more := len(processes) - 1; more > 0 {
		pid += fmt.Sprintf("(+%d)", more)
	}
	return []string{pid, p.Command, where(p)}
}

// where is what people know a process by: its container and pod, else its unit.
func where(p holder.Process) string {
	var words []string
	for _, word := range []struct{ name, value string }{{"container", p.Container}, {"pod", p.Pod}} {
		if word.value != "" {
			words = append(words, word.name+"="+word.value)
		}
	}
	if len(words) == 0 && p.Unit != "" {
		words = append(words, "unit="+p.Unit)
	}
	return strings.Join(words, ",")
}

// writeSummary says in a line what no holder's line does: that there is none,
// and who has a right to the mounts.
func writeSummary(out io.Writer, f *findings, swept bool) error {
	var text string
	switch {
	case len(f.holders) == 0 && len(f.users) == 0:
		text = "nothing of it is mounted in any mount namespace"
	case !f.held() && !swept:
		text = f.aloneText()
	case !f.held():
		return nil
	case f.target.InUse != "":
		text = "in use: " + string(f.target.InUse)
	default:
		return nil
	}
	_, err := fmt.Fprintf(out, "%s: %s\n", log.Escape(f.target.Name), log.Escape(text))
	return err
}

// aloneText says who has the target if nobody holds it.
func (f *findings) aloneText() string {
	if f.target.State == target.Running {
		return "held by nobody but its engine and itself"
	}
	return "held by nobody but its engine"
}
