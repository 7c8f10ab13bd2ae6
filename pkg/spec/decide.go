package spec

import (
	"fmt"
	"slices"
)

// Decide applies the rules to a specification. It returns a decision for every
// recursive bind that covers a mount area, and for every other field that has
// to change with them; for a specification without a covering bind it returns
// none.
func Decide(d *Document, h Host) []Decision {
	var decisions []Decision
	survey := newSurvey(h)
	parent := survey.tree.rootParent(h.Rootfs)
	if endsRootParent(d.rootfsProp, h.Runtime) {
		survey.ended = parent
	}
	kept := make(map[int]bool) // covering binds that stay as they are
	ends := false              // rootfsPropagation ends what shall be slave
	for i, m := range d.mounts {
		if !isRecursiveBind(m.Options) {
			continue
		}
		dir, ok := h.Sources[m.Source]
		if !ok {
			continue
		}
		covers := survey.covers(dir)
		if len(covers) == 0 {
			continue
		}
		decision := d.decideBind(i, h)
		kept[i] = decision.Action == ActionLeave
		decision.Covers = covers
		decisions = append(decisions, decision)
		if slices.Contains(decision.After, "rslave") {
			ends = ends || endsSlave(d.rootfsProp, h.Runtime, survey.tree.clones(dir, parent))
		}
	}
	if !ends {
		return decisions
	}
	return append(decisions, d.setRootfsPropagation(h.Runtime, decisions, kept)...)
}

// decideBind decides about one bind that covers.
func (d *Document) decideBind(i int, h Host) Decision {
	m := d.mounts[i]
	decision := d.mountDecision(i)
	restricted := slices.ContainsFunc(m.Options, func(o string) bool { return slices.Contains(inheritedNever, o) })
	mapped := len(m.UIDMappings) > 0 || len(m.GIDMappings) > 0 ||
		slices.ContainsFunc(m.Options, isIDMap)
	switch {
	case !h.IgnoreAnnotations && d.annotations[AnnotationPropagation] == "keep":
		decision.Reason = ReasonOptedOut
	case receives(m.Options):
		decision.Reason = ReasonReceives
		decision.After = m.Options
	case mapped:
		decision.Reason = ReasonMapped
	case restricted:
		decision.Reason = ReasonRestricted
	case h.KeepReadOnly && isReadOnly(m.Options):
		decision.Reason = ReasonReadOnly
	default:
		decision.Action = ActionRewrite
		decision.Reason = ReasonCovers
		decision.After = withPropagation(m.Options, "rslave")
	}
	return decision
}

// setRootfsPropagation makes the container's tree rslave, and pins the binds
// that say nothing of propagation, for which that would be a change.
//
// For runc it is none where the field was unset: such binds are slaves there
// already. Only a covering bind that stays as it is has a reason not to become
// one.
func (d *Document) setRootfsPropagation(runtime Runtime, decided []Decision, kept map[int]bool) []Decision {
	root := Decision{
		Field:  "/linux/rootfsPropagation",
		Action: ActionRewrite,
		Reason: ReasonRootfs,
		After:  []string{"rslave"},
		mount:  -1,
	}
	if d.rootfsProp != "" {
		root.Before = []string{d.rootfsProp}
	}
	rewritten := make(map[int]bool)
	for _, decision := range decided {
		rewritten[decision.mount] = decision.Action == ActionRewrite
	}
	slaves := d.rootfsProp == "" && runtime == RuntimeRunc
	decisions := []Decision{root}
	for i, m := range d.mounts {
		if rewritten[i] || !isBind(m.Options) || hasPropagation(m.Options) || slaves && !kept[i] {
			continue
		}
		pin := d.mountDecision(i)
		pin.Action = ActionRewrite
		pin.Reason = ReasonPinned
		pin.After = withPropagation(m.Options, "rprivate")
		decisions = append(decisions, pin)
	}
	return decisions
}

func (d *Document) mountDecision(i int) Decision {
	m := d.mounts[i]
	return Decision{
		Field:       fmt.Sprintf("/mounts/%d/options", i),
		Action:      ActionLeave,
		Source:      m.Source,
		Destination: m.Destination,
		Before:      m.Options,
		mount:       i,
	}
}
