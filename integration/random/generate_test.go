package random

import "math/rand/v2"

// generate makes the topology of a seed.
func generate(seed uint64) Topology {
	g := generator{Rand: rand.New(rand.NewPCG(seed, 0))}
	t := Topology{
		Seed: seed, TmpfsRoot: g.oneIn(4),
		Late: g.oneIn(4), Proc: g.oneIn(4), Leaf: g.oneIn(4), Host: g.oneIn(6),
	}
	if g.oneIn(4) {
		t.Home = g.propagation(Private, Private, Slave, Unbindable, Shared)
	}
	// Who is there before the container has it by propagation, who comes later by
	// the copying of all mounts.
	for range g.IntN(4) {
		t.Steps = append(t.Steps, g.step())
	}
	t.Steps = append(t.Steps, Step{Op: Run})
	for range 2 + g.IntN(20) {
		t.Steps = append(t.Steps, g.step())
	}
	return t
}

type generator struct {
	*rand.Rand
	agents int
}

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

func one[T any](g *generator, choice ...T) T { return choice[g.IntN(len(choice))] }

func (g *generator) propagation(choice ...Propagation) Propagation { return one(g, choice...) }

// somebody is an agent, or rarely nobody's but the engine's neighbour.
func (g *generator) somebody() int {
	if g.oneIn(6) {
		return 0
	}
	// The last one most often, so that it comes to something.
	if g.oneIn(2) {
		return g.agents
	}
	return 1 + g.IntN(g.agents)
}

func (g *generator) step() Step {
	if g.agents == 0 {
		return g.unshare(0)
	}
	by := g.somebody()
	// What an agent does to its copies counts most; what would hide them all, or
	// protects them, least.
	switch n := g.IntN(100); {
	case n < 16:
		from := by
		if g.oneIn(2) {
			from = 0
		}
		return g.unshare(from)
	case n < 20:
		if by == 0 {
			return Step{Op: RunOther}
		}
		g.agents++
		return Step{Op: Join, By: by, Makes: g.agents}
	case n < 36:
		s := Step{Op: Propagate, By: by, How: g.propagation(Private, Slave, Shared, Shared, Unbindable), Also: g.oneIn(2)}
		s.To = one(g, Root, World, Docker, Layers, Layer, Rootfs, Shm, One, Two)
		if by == 0 && s.To == Root {
			s.To = World
		}
		return s
	case n < 56:
		return g.bind(by)
	case n < 61:
		return Step{Op: Move, By: by, From: one(g, Rootfs, Shm, Docker, One, Two, Netns), To: one(g, One, Two, Three, Same)}
	case n < 67:
		return Step{Op: Cover, By: by, To: one(g, Rootfs, Inside, Shm, One, Two, Layer, Docker)}
	case n < 71:
		return Step{Op: Unmount, By: by, To: one(g, Rootfs, Shm, One, Two, Netns, Docker)}
	case n < 76:
		return Step{Op: Chroot, By: agentOr(by), To: one(g, Rootfs, One, Two, Layer, Docker)}
	case n < 80:
		return Step{Op: Pivot, By: agentOr(by), From: one(g, Root, Root, Rootfs, One), To: one(g, One, Two, Rootfs), Also: g.oneIn(2)}
	case n < 85:
		return Step{Op: one(g, Stay, Open), By: by, To: one(g, Rootfs, Inside, Shm, One, Same)}
	case n < 87:
		return Step{Op: Clone, By: by, From: one(g, Rootfs, Shm, Docker, OtherFS)}
	case n < 92:
		return Step{Op: Leave, By: agentOr(by), Also: g.oneIn(2)}
	case n < 93:
		return Step{Op: Engine, By: agentOr(by)}
	case n < 96:
		return Step{Op: Rerun, Also: g.oneIn(2)}
	default:
		return Step{Op: RunOther}
	}
}

func (g *generator) unshare(by int) Step {
	g.agents++
	return Step{
		Op: Unshare, By: by, Makes: g.agents,
		How: g.propagation(Private, Private, Slave, Unchanged), Also: g.oneIn(8),
	}
}

func (g *generator) bind(by int) Step {
	s := Step{Op: Bind, By: by, Also: g.oneIn(2)}
	if g.oneIn(8) {
		s.From, s.To = Netns, one(g, File, Netns)
		return s
	}
	s.From = one(g, Rootfs, Rootfs, Inside, Shm, Docker, Layers, Layer, World, Root, OtherFS, One)
	s.To = one(g, One, Two, Three, Same, Inside, Layer)
	if g.oneIn(4) {
		s.To = s.From // on itself
	}
	if s.To == Root || s.From == Root && by == 0 {
		s.From, s.To = Docker, Three
	}
	return s
}

// agentOr is an agent in place of the engine's neighbour, who would take the
// whole world along.
func agentOr(by int) int { return max(by, 1) }
