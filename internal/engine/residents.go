package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/mountns"
)

// findResidents looks through processes, all if among is nil. A foreigner's link
// may be closed.
func findResidents(ctx context.Context, foreigners *mountns.Foreigners, among []int) ([]resident, error) {
	all, err := processes(ctx, among)
	if err != nil {
		return nil, err
	}
	host, err := worldOf("/proc/self")
	if err != nil {
		return nil, err
	}
	found := map[int]resident{}
	for _, p := range all {
		r, err := recognise(p)
		if isForeign(err, p, foreigners) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("is process %d an engine: %w", p.pid, err)
		}
		if r.role == notEngine {
			continue
		}
		w, err := worldOf(p.dir())
		if isForeign(err, p, foreigners) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("where is process %d, an engine: %w", p.pid, err)
		}
		r.nested = w != host
		found[p.pid] = r
	}
	var residents []resident
	for _, p := range all {
		r, known := found[p.pid]
		parent, hasParent := found[p.parent]
		switch {
		case known && r.engine == pause && hasParent && parent.role == monitor:
			// The pause process of a pod of podman's is a container.
			continue
		case known:
		case hasParent && isHelper(p, parent):
			r = resident{process: p, engine: parent.engine, helper: true, nested: parent.nested}
		default:
			continue
		}
		residents = append(residents, r)
	}
	return residents, nil
}

// isForeign reports whether an error says that a process cannot be looked at
// which need not be.
func isForeign(err error, p process, foreigners *mountns.Foreigners) bool {
	return errors.Is(err, os.ErrPermission) && foreigners.Has(p.dir())
}

// processes reads all processes that /proc shows, or, if among is not nil, those and
// their parents, by which helpers are recognised.
func processes(ctx context.Context, among []int) ([]process, error) {
	numbers := make([]string, 0, len(among))
	for _, pid := range among {
		numbers = append(numbers, strconv.Itoa(pid))
	}
	if among == nil {
		var err error
		if numbers, err = pids("/proc"); err != nil {
			return nil, err
		}
	}
	all, err := read(ctx, numbers)
	if err != nil || among == nil {
		return all, err
	}
	known := make(map[int]bool, len(all))
	for _, p := range all {
		known[p.pid] = true
	}
	numbers = numbers[:0]
	for _, p := range all {
		if !known[p.parent] && p.parent != 0 {
			known[p.parent] = true
			numbers = append(numbers, strconv.Itoa(p.parent))
		}
	}
	parents, err := read(ctx, numbers)
	return append(all, parents...), err
}

// read reads those of some processes that are still there.
func read(ctx context.Context, pids []string) ([]process, error) {
	found := make([]process, 0, len(pids))
	r := new(reader)
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, ok, err := r.read(pid)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, p)
		}
	}
	return found, nil
}

// recognise tells whether a process is an engine, or an engine's program that
// was executed once more to do something.
func recognise(p process) (resident, error) {
	r := resident{process: p}
	if r.engine, r.role = roleOf(p.comm); r.role != notEngine {
		return r, nil
	}
	if is, ok := byArguments(p.comm); ok {
		args, err := p.arguments()
		if err != nil {
			return r, err
		}
		r.engine, r.role = roleOf(is(args))
		return r, nil
	}
	if !needsFile(p.comm) {
		return r, nil
	}
	file, err := p.executable()
	if err != nil {
		return r, err
	}
	r.engine, r.role = roleOf(file)
	if r.role == notEngine || p.comm != "exe" {
		return r, nil
	}
	// A helper bears the name of its task, "docker-untar". What it has for
	// children is its own: buildah's runs the runtime.
	args, err := p.arguments()
	if err != nil {
		return r, err
	}
	_, again := roleOf(program(strings.Join(args[:min(1, len(args))], "")))
	r.helper = again == notEngine
	return r, nil
}

// isHelper tells helpers among the children of an engine from containers and
// from what keeps containers. Where an engine is the first process of its pid
// namespace it inherits both from their parents.
func isHelper(p process, parent resident) bool {
	if parent.role == monitor || parent.helper || isShim(p.comm) {
		return false
	}
	if p.comm == "docker-containe" {
		// Cut: docker-containerd would have been recognised as an engine.
		return false
	}
	// A link that cannot be read is no evidence of a container.
	own, err := os.Readlink(p.dir() + "/ns/pid")
	if err != nil {
		return true
	}
	engines, err := os.Readlink(parent.dir() + "/ns/pid")
	return err != nil || own == engines
}
