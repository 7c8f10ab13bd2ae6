package install

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// Show plans and changes nothing.
func Show(ctx context.Context, request Request, plan Planner) (Plan, error) {
	var err error
	if request.Record, err = request.Host.loadRecord(request.Engine); err != nil {
		return Plan{}, err
	}
	return plan(ctx, request)
}

// Do plans and carries the plan out. After an error everything is as it was
// before, or the error says what is not. Nobody else installs or removes
// anything on the host in the meantime.
//
// Whoever is killed in the middle leaves every file as it was or as it was to
// become, and a record with which both are undone.
func Do(ctx context.Context, request Request, plan Planner) (Plan, error) {
	unlock, err := request.Host.lock(ctx)
	if err != nil {
		return Plan{}, err
	}
	defer unlock()
	if request.Record, err = request.Host.loadRecord(request.Engine); err != nil {
		return Plan{}, err
	}
	planned, err := plan(ctx, request)
	if err != nil {
		return Plan{}, err
	}
	return planned, request.Host.carryOut(ctx, planned, request.Record)
}

// carryOut writes the plan's files and the record. A plan without a change may
// still forget a file that is gone.
func (h *Host) carryOut(ctx context.Context, plan Plan, old Record) error {
	for _, file := range plan.Files {
		if err := h.expect(file); err != nil {
			return err
		}
	}
	made := h.dirsFor(plan.Files)
	next := old.with(plan.Files, made)
	if !plan.Changes() && slices.Equal(old.Paths(), next.Paths()) {
		return nil
	}
	// What is about to be written is recorded before, what is taken out stays
	// recorded until it is.
	both := old.until(next)
	err := h.saveRecord(plan.Engine, old, both)
	if err == nil {
		err = h.writeAndCheck(ctx, plan)
	}
	if err != nil {
		h.removeDirs(made)
		return errors.Join(err, h.saveRecord(plan.Engine, both, old))
	}
	if len(next.files) < len(both.files) {
		next.dirs = h.removeDirs(next.dirs)
	}
	return h.saveRecord(plan.Engine, both, next)
}

// until is what stands in the record while it changes from r to next.
func (r Record) until(next Record) Record {
	both := Record{files: slices.Clone(next.files), dirs: next.dirs}
	for _, file := range r.files {
		if !next.Has(file.Path) {
			both.files = append(both.files, file)
		}
	}
	return both
}

// dirsFor are the directories that are to be made.
func (h *Host) dirsFor(files []File) []string {
	var dirs []string
	for _, file := range files {
		if file.After == nil {
			continue
		}
		for _, dir := range h.missingDirs(filepath.Dir(file.Path)) {
			if !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

func (h *Host) writeAndCheck(ctx context.Context, plan Plan) error {
	var err error
	done := 0
	for ; done < len(plan.Files) && err == nil; done++ {
		if err = ctx.Err(); err == nil {
			err = h.putIn(plan.Files[done])
		}
	}
	if err == nil && plan.Check != nil && plan.Changes() {
		if err = plan.Check(ctx); err != nil {
			err = fmt.Errorf("%s does not accept its new configuration, which was taken back: %w", plan.Engine, err)
		}
	}
	if err == nil {
		return nil
	}
	for _, file := range slices.Backward(plan.Files[:done]) {
		if restored := h.restore(file); restored != nil {
			err = errors.Join(err, fmt.Errorf("could not be put back: %w", restored))
		}
	}
	return err
}

// putIn is put into a directory that may have to be made.
func (h *Host) putIn(file File) error {
	if file.After != nil {
		if err := h.makeDirs(filepath.Dir(file.Path), dirMode); err != nil {
			return err
		}
	}
	return h.put(file)
}

// restore takes a change back. One that did not come about needs none.
func (h *Host) restore(file File) error {
	back := file
	back.Before, back.After = file.After, file.Before
	if h.expect(file) == nil {
		return nil
	}
	return h.put(back)
}
