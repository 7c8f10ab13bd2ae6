package engines

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// lookTime is how long looking for the holders of one container may take.
const lookTime = 5 * time.Second

// held is who holds a container beside its engine.
type held struct {
	// by says who, a line for each.
	by []string
	// sweepable says that some of that could be detached.
	sweepable bool
	// keys are the other names of directories that are the container's.
	keys []string
}

// holdersOf looks for who holds a stopped container. What is mounted in home, its
// engine's mount namespace, is not among that.
func holdersOf(ctx context.Context, seen *target.Host, home uint64, id string) (held, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	t, err := seen.Resolve(ctx, id)
	if err != nil {
		return held{}, err
	}
	h := held{keys: t.Container.Keys}
	if len(t.Owned) == 0 {
		return h, nil
	}
	// The process that looks dies with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	report, err := sweep.Run(ctx, sweep.Request{
		Owned: t.Owned, ByPlace: t.ByPlace && !t.Unsure, InUse: t.InUse, Name: sweep.NameAlways,
	})
	if err != nil {
		return h, err
	}
	for _, l := range report.Lingering() {
		if l.Copy.Namespace.Inode == home || l.Copy.Refusal == cleanup.RefuseProtected && l.Copy.Kind == cleanup.Peer {
			continue // seen there, or goes with that
		}
		h.sweepable = h.sweepable || l.Copy.Refusal == cleanup.Allowed
		line := fmt.Sprintf("it is mounted at %s in %s", l.Copy.Mount.Path, l.Copy.Namespace)
		if len(l.Processes) > 0 {
			line = fmt.Sprintf("%s has it mounted at %s", nameOf(l.Processes[0]), l.Copy.Mount.Path)
		}
		h.add(line)
	}
	for _, use := range report.Uses {
		if t.Shared[use.Device] {
			continue
		}
		process := holder.Process{PID: use.PID}
		if i := slices.IndexFunc(report.Users, func(p holder.Process) bool { return p.PID == use.PID }); i >= 0 {
			process = report.Users[i]
		}
		h.add(nameOf(process) + " has files of it open")
	}
	return h, nil
}

func (h *held) add(line string) {
	if !slices.Contains(h.by, line) {
		h.by = append(h.by, line)
	}
}

// nameOf is what people call a process.
func nameOf(p holder.Process) string {
	const length = 60
	command := p.Command
	if len(command) > length {
		command = command[:length] + "..."
	}
	where := command
	switch {
	case p.Container != "":
		where += ", container " + short(p.Container)
	case p.Unit != "":
		where += ", " + p.Unit
	}
	if where == "" {
		return fmt.Sprintf("process %d", p.PID)
	}
	return fmt.Sprintf("process %d (%s)", p.PID, where)
}
