package target

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Resolve finds what a word means: with a slash in it a path, which may be that
// of a block device; else a container that an engine knows, by its identifier, its
// name, the beginning of its identifier or the identifier of one of its layers;
// else a network namespace by its name; else whatever is left, in some mount
// table, of a container by its identifier. A word that means several things, or
// nothing, is an error.
//
// The paths that it names are the engine's. It may wait for the file system that
// a path leads to if that is not one that is known for not answering.
func (h *Host) Resolve(ctx context.Context, word string) (Target, error) {
	if word == "" {
		return Target{}, errors.New("a target is empty")
	}
	t, err := h.resolve(word)
	if err != nil {
		return Target{}, err
	}
	t.Name = word
	t.judge(ctx, h)
	t.Incomplete = h.Incomplete
	return t, nil
}

func (h *Host) resolve(word string) (Target, error) {
	if strings.Contains(word, "/") {
		return h.path(word)
	}
	c, err := choose(h.known(), word)
	switch {
	case err == nil:
		return h.container(c)
	case !errors.Is(err, errUnknown):
		return Target{}, err
	}
	if t, ok := h.namedNetns(word); ok {
		return t, nil
	}
	t, err := h.stuck(word)
	if errors.Is(err, errUnknown) {
		return Target{}, fmt.Errorf("%q is neither a container nor a network namespace, and no mount has it in its path", word)
	}
	return t, err
}
