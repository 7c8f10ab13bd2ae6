package random

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

const (
	// patience is how long one sweep may take.
	patience = 20 * time.Second
	// sweeps is how often one is tried that has to give up because of what others
	// do on the machine.
	sweeps = 3
)

// blind begins what a sweep says that could not read a namespace of the machine,
// such as one that was just ending. It has to leave alone what could arrive there.
const blind = "find out where unmounts arrive"

// verdict is what came of a topology.
type verdict struct {
	// Broken are the rules that were broken.
	Broken []string
	// Said is what the sweep said of the mounts.
	Said []string
	// Results count what became of copies, for who wants to know what is tried.
	Results map[string]int
}

func (v *verdict) breaks(format string, args ...any) {
	v.Broken = append(v.Broken, fmt.Sprintf(format, args...))
}

// try builds a topology, has it swept and judges that. The error is one of the
// test itself.
func try(dir, dockerd string, t Topology) (v *verdict, err error) {
	w, err := newWorld(dir, dockerd, t)
	if err != nil {
		return nil, fmt.Errorf("make a world: %w", err)
	}
	defer func() { err = errors.Join(err, w.end()) }()
	v = &verdict{Results: make(map[string]int)}
	for _, s := range t.Steps {
		if w.perform(s) != nil { // much is impossible
			v.Results["impossible"]++
		} else {
			v.Results["done"]++
		}
	}
	if w.swept == nil || len(w.swept.owned) != len(w.swept.originals) {
		v.Results["no container"]++
		return v, nil
	}
	if t.Late {
		w.unmount(w.swept)
	}
	before, err := w.look()
	if err != nil {
		return nil, err
	}
	j, err := newJudge(w, before)
	if err != nil {
		return nil, err
	}
	report, err := w.sweep()
	if err != nil {
		return nil, err
	}
	after, err := w.look()
	if err != nil {
		return nil, err
	}
	v.others(j, after)
	v.taken(j, after, report)
	v.reported(j, after, report)
	w.unmount(w.swept)
	final, err := w.look()
	if err != nil {
		return nil, err
	}
	v.held(j, final, report)
	return v, nil
}

// sweep is what the runtime does.
func (w *world) sweep() (sweep.Report, error) {
	for tries := 1; ; tries++ {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		report, err := sweep.Run(ctx, sweep.Request{
			Owned: w.swept.owned, Detach: true, Name: sweep.NameAlways,
			Proc: w.topology.Proc, Leaf: w.topology.Leaf, Host: w.topology.Host,
		})
		cancel()
		if err != nil || report.Aborted == "" {
			return report, err
		}
		if tries == sweeps {
			return report, fmt.Errorf("nothing was swept: %s", report.Aborted)
		}
	}
}

// others checks that nothing but copies of the container's mounts has changed.
func (v *verdict) others(j *judge, after sights) {
	for id, s := range j.all {
		if s.of != nil {
			continue
		}
		if difference := j.settled(s, after).difference(after[id]); difference != "" {
			v.breaks("%s %s", s, difference)
		}
	}
	for id, s := range after {
		if j.all[id] == nil {
			v.breaks("%s is new", s)
		}
	}
}

// taken checks which copies are gone, and which are not.
func (v *verdict) taken(j *judge, after sights, report sweep.Report) {
	due := j.due()
	if slices.ContainsFunc(report.Incomplete, func(s string) bool { return strings.HasPrefix(s, blind) }) {
		v.Results["blind"]++
		maps.DeleteFunc(due, func(id uint64, _ bool) bool { return j.all[j.all[id].parent].peers != 0 })
	}
	for id, s := range j.all {
		o := s.of
		if o == nil {
			continue
		}
		now := after[id]
		switch why := j.forbids(o, s); {
		case now == nil && why != "":
			v.breaks("%s is gone, and %s", s, why)
		case now != nil && due[id]:
			v.breaks("%s is still there, and nothing forbids to detach it", s)
		case now != nil && (now.parent != j.settled(s, after).parent || now.path != s.path):
			v.breaks("%s %s", s, s.difference(now))
		}
	}
	v.Results["due"] += len(due)
}

// reported checks that what the sweep says is true, and everything.
func (v *verdict) reported(j *judge, after sights, report sweep.Report) {
	told := make(map[uint64]bool, len(report.Holders))
	for _, h := range report.Holders {
		m := h.Copy.Mount
		v.Said = append(v.Said, fmt.Sprintf("%d in %s at %s is %s and %s %s", m.UniqueID, h.Copy.Namespace, m.Path, h.Copy.Kind, h.Result, h.Reason))
		s := j.all.find(h.Copy.Namespace.Inode, m.UniqueID, m.OldID)
		if s == nil {
			// Elsewhere on the machine the number of a superblock that has ended can be
			// another's by now, which comes and goes. What came meanwhile in the world is a
			// breach of its own.
			if h.Result == cleanup.Detached {
				v.breaks("it says of a mount at %s, %d, which is nowhere: %s", m.Path, m.UniqueID, h.Result)
			}
			continue
		}
		told[s.id] = true
		o := s.of
		if o == nil {
			// A number that is another's by now may be taken for the container's, but
			// not touched.
			if h.Result != cleanup.Left {
				v.breaks("it says of %s, which is another's: %s", s, h.Result)
			}
			continue
		}
		v.Results[string(h.Copy.Kind)+" "+string(h.Result)]++
		if there := after[s.id] != nil; there != (h.Result == cleanup.Left) {
			v.breaks("it says of %s: %s %s", s, h.Result, h.Reason)
		}
		if kind, certain := j.kind(o, s); certain && kind != h.Copy.Kind && j.seen(s.in) {
			v.breaks("it says of %s that it is %s, and it is %s", s, h.Copy.Kind, kind)
		}
		if h.Result == cleanup.Left && h.Reason == "" {
			v.breaks("it does not say why %s is left", s)
		}
	}
	for id, s := range after {
		if s.of == nil || !j.seen(s.in) {
			continue
		}
		if !told[id] {
			v.breaks("it says nothing of %s", s)
		}
	}
}

// held checks, after the engine's unmount, that each superblock has ended, or who
// holds it was told.
func (v *verdict) held(j *judge, final sights, report sweep.Report) {
	mounted := make(map[*original]bool)
	for _, s := range final {
		if o := s.of; o != nil {
			mounted[o] = true
		}
	}
	used := make(map[string]bool)
	for _, u := range report.Uses {
		used[u.Device.String()] = true
	}
	for _, o := range j.run.originals {
		if o.watch == nil {
			continue
		}
		switch gone := o.gone(); {
		case gone:
			v.Results["superblock gone"]++
		case mounted[o]:
			v.Results["superblock mounted"]++ // what is mounted was told, or is a breach already
		case used[o.device]:
			v.Results["superblock used"]++
		case j.w.detached:
			v.Results["superblock in a detached tree"]++
		default:
			v.breaks("the superblock %s of the %s lives on, and nobody was told to hold it", o.device, o.kind)
		}
	}
}
