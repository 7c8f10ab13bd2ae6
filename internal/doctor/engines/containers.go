package engines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/moby/sys/mountinfo"
	"github.com/unbusy/unbusy/internal/doctor"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/protect"
	"github.com/unbusy/unbusy/internal/rewrite"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// mostHolders bounds how many containers are told of one by one.
const mostHolders = 20

// examineContainers looks for running containers that keep the mounts of others.
func examineContainers(ctx context.Context, h *doctor.Host) (doctor.Result, error) {
	seen, err := h.Seen()
	if err != nil {
		return doctor.Result{}, err
	}
	running := bundlesIn(h.Roots())
	areas := sync.OnceValue(func() []spec.Area { return roots.Result{Roots: h.Roots()}.Areas() })
	result := doctor.Result{Summary: run(len(running)) + ", and " + plural(len(running), "it does not keep", "none keeps") + " mounts of others"}
	var errs []error
	for _, b := range running {
		if ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		decisions, err := b.decide(h, areas)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has ended
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("the specification of container %s: %w", short(b.id), err))
			continue
		}
		home, err := h.Home(b.pid)
		if err != nil {
			return result, err
		}
		kept := keptIn(decisions, mountsOf(seen, home))
		if len(kept) > 0 {
			result.Findings = append(result.Findings, b.finding(b.name(h.Roots()), kept))
		}
	}
	if more := len(result.Findings) - mostHolders; more > 0 {
		result.Findings = append(result.Findings[:mostHolders], doctor.Finding{
			ID: holdsOthers, Severity: doctor.AtRisk,
			Evidence: count(more, "more container") + " with copies of other containers' mounts",
			Fix:      "run unbusy doctor again when the others have been created again",
		})
	}
	return result, errors.Join(errs...)
}

// decide says what unbusy would do with the container's specification.
func (b bundle) decide(h *doctor.Host, areas func() []spec.Area) ([]spec.Decision, error) {
	kind, known := protect.KindOf(b.runtime, h.Config)
	if !known {
		kind = spec.RuntimeRunc
	}
	return rewrite.Do(rewrite.Request{
		Bundle: b.dir, Runtime: kind,
		KeepReadOnly: !h.Config.RewriteReadOnly, IgnoreAnnotations: !h.Config.HonorAnnotations,
		DryRun: true,
		Host: func() ([]*mountinfo.Info, []spec.Area, error) {
			table, err := mountns.OwnTable()
			return table, areas(), err
		},
	})
}

// unusableSpec says why a directory has no specification, nil if it has one.
func unusableSpec(dir string) error {
	_, err := os.Lstat(filepath.Join(dir, "config.json"))
	return err
}

// keptIn are the binds over other containers' mounts that are private in a
// container's namespace now: what is unmounted on the host stays there. What
// the specification says is not what is: unbusy can have changed it since, and a
// runtime can make more private than it says.
func keptIn(decisions []spec.Decision, mounts []mount.Mount) []spec.Decision {
	return slices.DeleteFunc(slices.Clone(decisions), func(d spec.Decision) bool {
		if d.Destination == "" || len(d.Covers) == 0 {
			return true
		}
		path := filepath.Clean("/" + d.Destination)
		// The last one is on top.
		for _, m := range slices.Backward(mounts) {
			if m.Path == path {
				return m.PeerGroup != 0 || m.Master != 0
			}
		}
		return true
	})
}

// finding tells of a container that keeps others' mounts.
func (b bundle) finding(name string, kept []spec.Decision) doctor.Finding {
	var binds []string
	for _, d := range kept {
		binds = append(binds, fmt.Sprintf("%s at %s", d.Source, d.Destination))
	}
	return doctor.Finding{
		ID: holdsOthers, Severity: doctor.AtRisk,
		Evidence: fmt.Sprintf("container %s of %s (pid %d) has a private copy of %s, and keeps the mounts of other containers below %s when these end",
			name, b.engine, b.pid, some(binds), plural(len(binds), "it", "them")),
		Fix: fix(kept),
	}
}

// fix is what unbusy would make of binds, and why nothing of some.
func fix(kept []spec.Decision) string {
	var changed, left []string
	for _, d := range kept {
		if d.Action == spec.ActionRewrite || d.Reason == spec.ReasonReceives {
			changed = append(changed, fmt.Sprintf("%s with rslave instead of %s", d.Destination, propagation(d.Before)))
		} else {
			left = append(left, fmt.Sprintf("mount %s with rslave, or less than %s: unbusy leaves it as it is (%s)", d.Destination, d.Source, d.Reason))
		}
	}
	if len(changed) == 0 {
		return some(left)
	}
	again := "create the container again under unbusy, which mounts " + some(changed)
	if len(left) == 0 {
		return again
	}
	return again + "; " + some(left)
}

// propagation are the options of a bind that say what becomes of later mounts.
func propagation(options []string) string {
	var said []string
	for _, option := range options {
		switch option {
		case "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable":
			said = append(said, option)
		}
	}
	if len(said) == 0 {
		return "private, which is what a bind is that says nothing"
	}
	return strings.Join(said, ",")
}

// mountsOf is the mount table of a namespace.
func mountsOf(seen *target.Host, inode uint64) []mount.Mount {
	for i := range seen.Namespaces {
		if seen.Namespaces[i].ID.Inode == inode {
			return seen.Namespaces[i].Mounts
		}
	}
	return nil
}
