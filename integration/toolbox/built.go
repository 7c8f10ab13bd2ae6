package toolbox

import "context"

// Built tells whether Get would return the named set at once, because its
// programs are in the cache.
func Built(ctx context.Context, name string, tags ...string) (bool, error) {
	s, err := find(ctx, name)
	if err != nil {
		return false, err
	}
	f, err := flagsFor(ctx, s.family, tags)
	if err != nil {
		return false, err
	}
	dir, err := place(ctx, s, f)
	return err == nil && exists(dir), err
}
