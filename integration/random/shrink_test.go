package random

import "slices"

// shrinkings bounds how many smaller topologies are tried.
const shrinkings = 150

// shrink leaves out of a topology whatever it fails without.
func shrink(t Topology, fails func(Topology) bool) Topology {
	tries := 0
	keep := func(smaller Topology) bool {
		if tries++; tries > shrinkings || !fails(smaller) {
			return false
		}
		t = smaller
		return true
	}
	for size := max(len(t.Steps)/2, 1); size > 0; size /= 2 {
		for dropped := true; dropped; {
			dropped = false
			for at := len(t.Steps) - size; at >= 0; at -= size {
				smaller := t
				smaller.Steps = slices.Delete(slices.Clone(t.Steps), at, at+size)
				dropped = keep(smaller) || dropped
				at = min(at, len(t.Steps)) // what is after it was tried
			}
		}
	}
	for _, plainer := range []func(*Topology){
		func(t *Topology) { t.Home = "" },
		func(t *Topology) { t.TmpfsRoot = false },
		func(t *Topology) { t.Late = false },
		func(t *Topology) { t.Proc = false },
		func(t *Topology) { t.Leaf = false },
		func(t *Topology) { t.Host = false },
	} {
		smaller := t
		plainer(&smaller)
		if smaller.Late != t.Late || smaller.Proc != t.Proc || smaller.Leaf != t.Leaf || smaller.Host != t.Host ||
			smaller.Home != t.Home || smaller.TmpfsRoot != t.TmpfsRoot {
			keep(smaller)
		}
	}
	return t
}
