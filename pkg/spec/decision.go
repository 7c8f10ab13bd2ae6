package spec

// Action is what was decided for one field of the specification.
type Action string

const (
	// ActionRewrite changes the field's value.
	ActionRewrite Action = "rewrite"
	// ActionLeave keeps a value that was looked at more closely.
	ActionLeave Action = "leave"
)

// Reason says why.
type Reason string

const (
	// ReasonCovers is that the bind would hold copies of other containers' mounts.
	ReasonCovers Reason = "covers mount areas"
	// ReasonReceives is that the bind covers mount areas, and that the
	// propagation it asks for already lets unmounts through.
	ReasonReceives Reason = "already gets unmounts"
	// ReasonReadOnly is the option ro of a covering bind, while such binds are
	// configured to stay.
	ReasonReadOnly Reason = "read-only binds are configured to stay"
	// ReasonRestricted is a covering bind's recursive restriction (rro, rnosuid,
	// ...), which mounts that arrive later would not get.
	ReasonRestricted Reason = "later mounts would arrive without the bind's recursive restriction"
	// ReasonMapped is a covering bind's id mapping, which mounts that arrive
	// later would not get.
	ReasonMapped Reason = "later mounts would arrive without the bind's id mapping"
	// ReasonOptedOut is that the container's annotation asks to keep it.
	ReasonOptedOut Reason = "kept by annotation " + AnnotationPropagation
	// ReasonRootfs is that the value, or its absence, would end the propagation
	// of a covering bind.
	ReasonRootfs Reason = "the container's root would end the propagation of a covering bind"
	// ReasonPinned is that a bind without a propagation of its own keeps the
	// private one it had before linux.rootfsPropagation was set.
	ReasonPinned Reason = "stays private now that rootfsPropagation is set"
)

// Decision is the outcome of the rules for one field.
type Decision struct {
	// Field is the JSON pointer of the field in the specification.
	Field  string `json:"field"`
	Action Action `json:"action"`
	Reason Reason `json:"reason"`
	// Source and Destination are the bind's, empty for rootfsPropagation.
	Source      string `json:"source,omitempty"`
	Destination string `json:"destination,omitempty"`
	// Before and After are the mount's options, or the one value of
	// rootfsPropagation (none if it was unset).
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
	// Covers are the areas that a covering bind covers.
	Covers []Cover `json:"covers,omitempty"`

	mount int // index in mounts, -1 for rootfsPropagation
}

// Unprotected returns the mountpoints below which the bind keeps copies in
// spite of rslave, because the mount there is private in the runtime's own
// namespace. It returns nil if there is none.
func (d Decision) Unprotected() []string {
	var all []string
	seen := map[string]bool{}
	for _, c := range d.Covers {
		for _, m := range c.Private {
			if !seen[m] {
				seen[m] = true
				all = append(all, m)
			}
		}
	}
	return all
}

// Changes reports whether any decision changes the specification.
func Changes(decisions []Decision) bool {
	for _, d := range decisions {
		if d.Action == ActionRewrite {
			return true
		}
	}
	return false
}
