package roots

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
)

// layout is what a kind of root looks like inside.
type layout struct {
	engine Engine
	kind   Kind
	// group is the same for layouts that only differ in who uses the root:
	// CRI-O and podman keep things in the same way in the same place.
	group string
	// owners are the patterns of the mount areas inside.
	owners []string
}

// learnt is a root with the sources of it.
type learnt struct {
	root    Root
	sources []source
}

// use is what makes two roots the same.
type use struct {
	group    string
	resolved string
}

// learn adds a root, or another source of one that is known already. A default
// has to exist; everything else may still be created. An empty path and a path
// that leads to "/" are nobody's root. It returns where the path leads, empty
// if nothing was learnt.
func (f *finder) learn(l *layout, path string, src source) string {
	if path == "" {
		return ""
	}
	if !filepath.IsAbs(path) {
		f.warn(fmt.Errorf("%s: %q is not an absolute path", src.text, path))
		return ""
	}
	path = filepath.Clean(path)
	at := f.tree.resolve(path)
	if at.path == "/" {
		f.warn(fmt.Errorf(`%s: %s is the root directory, which is no engine's own`, src.text, path))
		return ""
	}
	if src.rank == byDefault && !at.exists {
		return ""
	}
	f.add(l, path, at.path, src)
	return at.path
}

func (f *finder) add(l *layout, path, resolved string, src source) {
	root := Root{Engine: l.engine, Kind: l.kind, Path: path, Resolved: resolved}
	key := use{l.group, resolved}
	i, ok := f.index[key]
	if !ok {
		root.Areas = f.areas(resolved, l.owners)
		f.index[key] = len(f.roots)
		f.roots = append(f.roots, learnt{root, []source{src}})
		return
	}
	known := &f.roots[i]
	if known.root.Kind != l.kind {
		for _, area := range f.areas(resolved, l.owners) {
			if !slices.Contains(known.root.Areas, area) {
				known.root.Areas = append(known.root.Areas, area)
			}
		}
	}
	// "Extra" says less about a root than any engine does.
	if root.Kind == ExtraRoot {
		root.Kind = known.root.Kind
	} else if known.root.Kind == ExtraRoot {
		known.root.Kind = root.Kind
	}
	if src.rank > known.best() {
		root.Areas = known.root.Areas
		known.root = root
	}
	if !slices.Contains(known.sources, src) {
		known.sources = append(known.sources, src)
	}
}

func (l *learnt) best() rank {
	best := byDefault
	for _, src := range l.sources {
		best = max(best, src.rank)
	}
	return best
}

// warn keeps a warning, once: a running daemon names the same file that is
// looked at by default.
func (f *finder) warn(err error) {
	for _, known := range f.warnings {
		if known.Error() == err.Error() {
			return
		}
	}
	f.warnings = append(f.warnings, err)
}

func (f *finder) result() Result {
	result := Result{Warnings: f.warnings, Roots: make([]Root, len(f.roots))}
	for i, l := range f.roots {
		slices.SortStableFunc(l.sources, func(a, b source) int { return cmp.Compare(b.rank, a.rank) })
		for _, src := range l.sources {
			l.root.Sources = append(l.root.Sources, src.text)
		}
		result.Roots[i] = l.root
	}
	slices.SortStableFunc(result.Roots, func(a, b Root) int {
		return cmp.Or(cmp.Compare(a.Engine, b.Engine), cmp.Compare(a.Resolved, b.Resolved))
	})
	return result
}
