package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/unbusy/unbusy/integration/bench/result"
	"github.com/unbusy/unbusy/integration/host"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// victim is a container whose root file system others have a copy of.
type victim struct {
	id, rootfs, record string
}

// handler is the name of the runtime that is unbusy's.
const handler = "unbusy"

// containerd starts containerd with unbusy's shim, and installs unbusy.
func (b *bench) containerd(h *host.Host) *host.Containerd {
	b.unbusy = h.Installed(b.program("unbusy"), "bin")
	return h.Containerd(host.Runtime(handler, "", host.Shim(b.program("containerd-shim-unbusy-v2"))))
}

// name is an identifier as engines make them up, so that no command finds
// anything else by it.
const name = "6d1f0b9e2c7a4835d0e6b1f4a9c8273550e1d2c3b4a5968778695a4b3c2d1e0f"

// lookups compares how long it takes to find out who holds a container.
func (b *bench) lookups() *result.Part {
	table := result.Table{
		Title:   "Who holds a container's root file system: whole commands",
		Columns: []string{"command"},
	}
	part := &result.Part{Versions: b.versions()}
	h := host.New(b.t)
	h.UnbusyConfig("")
	c := b.containerd(h)
	var rows [][]string
	for _, n := range b.namespaces {
		for _, m := range b.mounts {
			names, took := b.lookup(h, c, of{namespaces: n, mounts: m, copies: min(n, 10)}, baselines)
			table.Columns = append(table.Columns, fmt.Sprintf("%d × %d", n, m))
			for i, name := range names {
				if len(rows) <= i {
					rows = append(rows, []string{name})
				}
				rows[i] = append(rows[i], shown(took[i]))
				if m == b.mounts[len(b.mounts)-1] {
					addPoint(part, "Who holds it, over mount namespaces", name, "mount namespaces", float64(n), took[i])
				}
			}
			if n == 1000 && m == 200 {
				part.Bounds = append(part.Bounds, lookupBounds(names, took)...)
			}
		}
	}
	table.Rows = rows
	part.Tables = append(part.Tables, table)
	return part
}

// addPoint adds to a curve of a part, of milliseconds.
func addPoint(p *result.Part, chart, name, x string, at float64, took time.Duration) {
	point := [2]float64{at, float64(took) / 1e6}
	for i := range p.Curves {
		if c := &p.Curves[i]; c.Chart == chart && c.Name == name {
			c.Points = append(c.Points, point)
			return
		}
	}
	p.Curves = append(p.Curves, result.Curve{Chart: chart, Name: name, X: x, Y: "ms", Points: [][2]float64{point}})
}

// The ways of unbusy, as the report calls them.
const (
	withRecord    = "unbusy who"
	withoutRecord = "unbusy who, without a record"
	byProc        = "unbusy who, by /proc"
)

// lookup measures all commands once there are enough namespaces. Most of these
// were there before the container, and some came later and have copies.
func (b *bench) lookup(h *host.Host, c *host.Containerd, what of, commands []baseline) ([]string, []time.Duration) {
	b.t.Helper()
	older := what
	older.namespaces, older.copies = what.namespaces-what.copies, 0
	before := b.load(older)
	defer before.end()
	k := c.Run(name, host.Under(handler))
	v := victim{id: k.ID(), rootfs: k.Rootfs(), record: filepath.Join(k.Bundle(), cleanup.RecordName)}
	later := what
	later.namespaces, later.victim = what.copies, v.rootfs
	after := b.load(later)
	defer after.end()

	var all []contender
	for _, baseline := range commands {
		every := 1
		if baseline.slow {
			every = max(1, what.namespaces/200)
		}
		all = append(all, contender{name: baseline.name, every: every, run: func() error {
			return b.shell(baseline.script, v)
		}})
	}
	for _, way := range []string{withRecord, withoutRecord, byProc} {
		all = append(all, contender{
			name: way, every: 1,
			prepare: func() error { return b.goTheWay(h, v, way) },
			run:     func() error { return b.who(v, what.copies) },
		})
	}
	b.t.Logf("    %s", described(what))
	took, err := inTurns(b.fewer(20), all)
	if err != nil {
		b.t.Fatalf("%v", err)
	}
	if err := b.goTheWay(h, v, withRecord); err != nil {
		b.t.Fatalf("%v", err)
	}
	after.end()
	before.end()
	k.Stop()
	k.Delete()
	names, medians := make([]string, len(all)), make([]time.Duration, len(all))
	for i := range all {
		names[i], medians[i] = all[i].name, median(took[i])
	}
	return names, medians
}

// goTheWay lets unbusy who go one of its ways from now on.
func (b *bench) goTheWay(h *host.Host, v victim, way string) error {
	config := ""
	if way == byProc {
		config = "namespaces = \"proc\"\n"
	}
	h.UnbusyConfig(config)
	from, to := v.record, v.record+".away"
	if way == withRecord {
		from, to = to, from
	}
	if err := os.Rename(from, to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	_, err := os.Lstat(to) // it was there before, or never
	return err
}

// shell runs a baseline. What it says about processes that ended meanwhile, and
// its exit status, are its own affair.
func (b *bench) shell(script string, v victim) error {
	var out bytes.Buffer
	cmd := exec.Command("/bin/bash", "-c", script, "bench", v.id, v.rootfs)
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
			return err
		}
	}
	if out.Len() == 0 {
		return fmt.Errorf("%w: none", errUnexpected)
	}
	return nil
}

// who runs unbusy who, and makes sure that it finds the copies.
func (b *bench) who(v victim, copies int) error {
	var out, said bytes.Buffer
	cmd := exec.Command(b.unbusy, "who", "--timeout", "1m", "--json", v.id)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() == 2 {
			return fmt.Errorf("%w: %s", err, said.String())
		}
	}
	var answer struct {
		Holders []json.RawMessage `json:"holders"`
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return err
	}
	if len(answer.Holders) < copies {
		return fmt.Errorf("%w: %d holders of %d: %s", errUnexpected, len(answer.Holders), copies, out.String())
	}
	return nil
}

func lookupBounds(names []string, took []time.Duration) []result.Bound {
	of := func(name string) time.Duration {
		for i := range names {
			if names[i] == name {
				return took[i]
			}
		}
		return 0
	}
	var bounds []result.Bound
	for _, bound := range []struct {
		way, baseline string
		least         float64
	}{
		{withRecord, "find-busy-mnt", 25},
		{withRecord, "grep", 25},
		{withoutRecord, "find-busy-mnt", 3},
		{withoutRecord, "grep", 3},
		{byProc, "grep", 1.3},
	} {
		ratio := float64(of(bound.baseline)) / float64(max(1, of(bound.way)))
		bounds = append(bounds, result.Bound{
			What:     fmt.Sprintf("%s beside %s, 1000 namespaces × 200 mounts", bound.way, bound.baseline),
			Limit:    fmt.Sprintf("≥ %g × faster", bound.least),
			Measured: fmt.Sprintf("%.2f × (%s and %s)", ratio, shown(of(bound.way)), shown(of(bound.baseline))),
			Held:     ratio >= bound.least,
		})
	}
	return bounds
}
