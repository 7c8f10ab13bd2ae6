package install

// TakeOut takes what is unbusy's own out of a configuration file, which
// somebody may have edited since it was put in, and leaves everything else as it
// is. original is what stood there before, nil if there was no file. A file that
// would hold nothing any more may be removed: then the result is nil.
type TakeOut func(now, original []byte) ([]byte, error)

// Undo plans for one file that it becomes again what it was. As long as nobody
// else has changed it, it gets back the very bytes that it had, or is removed if
// it was not there; a link that leads elsewhere by now stays. A file that was
// edited, or that there is no record of, is what takeOut makes of it.
func (r Record) Undo(h *Host, path string, takeOut TakeOut) (File, error) {
	old := r.find(path)
	if old != nil && old.Link {
		return old.undoLink(h)
	}
	path, now, err := h.Read(path)
	if err != nil {
		return File{}, err
	}
	file := File{Path: path, Before: now, After: now}
	switch {
	case now == nil:
	case old != nil && !old.Edited && sum(now) == old.After:
		file.After = old.original
	default:
		var original []byte
		if old != nil {
			original = old.original
		}
		file.After, err = takeOut(now, original)
	}
	return file, err
}

func (f *recorded) undoLink(h *Host) (File, error) {
	path, now, err := h.Link(f.Path)
	if err != nil {
		// Somebody has put something else there.
		return File{Path: f.Path}, nil //nolint:nilerr // see above
	}
	file := File{Path: path, Before: now, After: now, Mode: linkMode}
	if sum(now) == f.After {
		file.After = f.original
	}
	return file, nil
}
