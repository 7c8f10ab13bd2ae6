package engines

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/target"
)

const (
	// removal is how long a removal may take before it counts as stuck.
	removal = time.Second
	// mostStuck bounds how many containers are looked at more closely.
	mostStuck = 20
)

// stuckContainers finds the containers that Docker could not remove, and who
// holds them.
func (d dockerd) stuckContainers(ctx context.Context, h *doctor.Host) ([]doctor.Finding, error) {
	stuck, err := d.stuckTwice(ctx)
	if err != nil || len(stuck) == 0 {
		return nil, err
	}
	// Not the host's own look: what is asked of it changes it.
	seen, err := target.Look(ctx, h.Lister, h.Roots())
	if err != nil {
		return nil, fmt.Errorf("look at the mount namespaces: %w", err)
	}
	home, err := h.Home(d.pid)
	if err != nil {
		return nil, err
	}
	var found []doctor.Finding
	for _, c := range stuck[:min(mostStuck, len(stuck))] {
		found = append(found, d.stuckContainer(ctx, seen, home, c))
	}
	if more := len(stuck) - mostStuck; more > 0 {
		found = append(found, doctor.Finding{
			ID: dead, Severity: doctor.Broken,
			Evidence: fmt.Sprintf("%s of %s cannot be removed either", count(more, "more container"), d.who()),
			Fix:      "run unbusy doctor again when the others are gone",
		})
	}
	return found, nil
}

// stuckTwice lists the containers that dockerd failed to remove. What it is
// removing counts if it still is after a while.
func (d dockerd) stuckTwice(ctx context.Context) ([]stuckContainer, error) {
	stuck, err := d.stuckNow(ctx)
	if err != nil || !slices.ContainsFunc(stuck, func(c stuckContainer) bool { return c.State != "dead" }) {
		return stuck, err
	}
	wait := time.NewTimer(removal)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	again, err := d.stuckNow(ctx)
	return slices.DeleteFunc(again, func(c stuckContainer) bool {
		return !slices.ContainsFunc(stuck, func(first stuckContainer) bool { return first.ID == c.ID })
	}), err
}

// stuckNow lists the containers that are dead or being removed.
func (d dockerd) stuckNow(ctx context.Context) ([]stuckContainer, error) {
	listed, err := d.api.stuck(ctx)
	if err != nil {
		return nil, err
	}
	var stuck []stuckContainer
	for _, c := range listed {
		if c.State, err = d.api.state(ctx, c.ID); err != nil {
			return nil, err
		}
		if c.State == "dead" || c.State == "removing" {
			stuck = append(stuck, c)
		}
	}
	return stuck, nil
}

// stuckContainer says what is the matter with one. home is dockerd's mount
// namespace.
func (d dockerd) stuckContainer(ctx context.Context, seen *target.Host, home uint64, c stuckContainer) doctor.Finding {
	name := c.ID
	if len(c.Names) > 0 {
		name = strings.TrimPrefix(c.Names[0], "/")
	}
	state := "is dead: its removal failed"
	if c.State != "dead" {
		state = "is being removed, and that does not end"
	}
	finding := doctor.Finding{ID: dead, Severity: doctor.Broken}
	held, err := holdersOf(ctx, seen, home, c.ID)
	in, elsewhere := mountedInside(mountsOf(seen, home), append(held.keys, c.ID), d.info.DockerRootDir)
	var because []string
	for _, path := range slices.Concat(elsewhere, in) {
		because = append(because, "something is mounted at "+path)
	}
	because = append(because, held.by...)
	if err != nil {
		because = append(because, "who else holds it could not be found out: "+err.Error())
	}
	if len(because) == 0 {
		because = []string{"nobody is seen to hold it now"}
	}
	finding.Evidence = fmt.Sprintf("container %s (%s) of %s %s; %s", name, short(c.ID), d.who(), state, some(because))
	var steps []string
	if len(elsewhere) > 0 {
		steps = append(steps, "umount "+strings.Join(elsewhere[:min(most, len(elsewhere))], " "))
	}
	if held.sweepable {
		steps = append(steps, "unbusy sweep "+short(c.ID))
	}
	finding.Fix = strings.Join(append(steps, "docker rm --force "+name), "; ")
	return finding
}
