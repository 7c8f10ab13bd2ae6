package containerd

import (
	"fmt"
	"maps"
	"slices"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/tomledit"
)

// takeOut takes out of a file what is ours in it, and leaves what somebody else
// has written since. A file that there was none of before goes with the last
// handler.
func (r *removal) takeOut(path string, now, original []byte) ([]byte, error) {
	doc, err := install.ParseTOML(path, now)
	if err != nil {
		return nil, err
	}
	was, err := install.ParseTOML("the copy of "+path, original)
	if err != nil {
		return nil, err
	}
	for _, version := range []int64{1, 2, 3} {
		if err := r.takeOutOf(doc, was, []string{"plugins", criPlugins[version], "containerd"}); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if original == nil && r.request.Record.Has(path) && install.IsEmptyTOML(doc.Bytes(), "version = 2\nversion = 3") {
		return nil, nil
	}
	return doc.Bytes(), nil
}

// takeOutOf does so in one table of CRI's.
func (r *removal) takeOutOf(doc, was *tomledit.Document, containerd []string) error {
	for _, key := range handlerKeys(doc, containerd) {
		path := append(slices.Clone(containerd), key...)
		existed := was.Table(path...) != nil
		var err error
		switch {
		case key[len(key)-1] == ourHandler && !existed && r.keep:
			_, err = doc.Remove(append(slices.Clone(path), "runtime_path")...)
		case key[len(key)-1] == ourHandler && !existed && doc.String(append(slices.Clone(containerd), "default_runtime_name")...) != ourHandler:
			_, err = doc.Remove(path...)
		case isShim(r.request.Host, doc.String(append(slices.Clone(path), "runtime_path")...)):
			err = r.unwrap(doc, was, path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unwrap takes our settings out of a handler.
func (r *removal) unwrap(doc, was *tomledit.Document, handler []string) error {
	if err := restore(doc, was, append(slices.Clone(handler), "runtime_path")); err != nil {
		return err
	}
	for _, setting := range []string{"pod_annotations", "container_annotations"} {
		path := append(slices.Clone(handler), setting)
		list := listAt(doc, path)
		if !slices.Contains(list, any(annotations)) || slices.Contains(listAt(was, path), any(annotations)) {
			continue
		}
		list = slices.DeleteFunc(slices.Clone(list), func(item any) bool { return item == annotations })
		if slices.Equal(list, listAt(was, path)) {
			if err := restore(doc, was, path); err != nil {
				return err
			}
		} else if err := doc.Set(list, path...); err != nil {
			return err
		}
	}
	if was.Table(handler...) == nil && len(doc.Table(handler...)) == 0 {
		_, err := doc.Remove(handler...)
		return err
	}
	return nil
}

// restore makes a key what it was, or removes it if it was not there.
func restore(doc, was *tomledit.Document, path []string) error {
	value, found := was.Get(path...)
	if !found {
		_, err := doc.Remove(path...)
		return err
	}
	return doc.Set(value, path...)
}

// ourHandlers are the paths of the handlers in a file that are called like us.
func ourHandlers(doc *tomledit.Document) [][]string {
	var found [][]string
	for _, version := range []int64{1, 2, 3} {
		path := []string{"plugins", criPlugins[version], "containerd", runtimesKey, ourHandler}
		if doc.Table(path...) != nil {
			found = append(found, path)
		}
	}
	return found
}

// handlerKeys are the keys of the handlers in a table of CRI's.
func handlerKeys(doc *tomledit.Document, containerd []string) [][]string {
	var keys [][]string
	for _, name := range slices.Sorted(maps.Keys(doc.Table(append(slices.Clone(containerd), runtimesKey)...))) {
		keys = append(keys, []string{runtimesKey, name})
	}
	return append(keys, []string{"default_runtime"}, []string{"untrusted_workload_runtime"})
}

// listAt is the list at a path, or an empty one.
func listAt(doc *tomledit.Document, path []string) []any {
	value, _ := doc.Get(path...)
	list, _ := value.([]any)
	return list
}
