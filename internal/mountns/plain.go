package mountns

import (
	"github.com/unbusy/unbusy/internal/linux"
)

// onlyOneOnHidden reports whether everything in a namespace is below one mount on
// the hidden root.
func onlyOneOnHidden(namespace uint64) bool {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	top, first, err := hiddenRoot(namespace, s)
	if err != nil {
		return false
	}
	all, err := countBelow(namespace, top, s)
	if err != nil {
		return false
	}
	below, err := countBelow(namespace, first, s)
	return err == nil && all == below+1
}

// countBelow is how many mounts are mounted below one.
func countBelow(namespace, top uint64, s *scratch) (int, error) {
	count := 0
	for after := uint64(0); ; {
		n, err := linux.ListMounts(namespace, top, after, s.ids[:])
		if err != nil {
			return 0, err
		}
		count += n
		if n < len(s.ids) {
			return count, nil
		}
		after = s.ids[n-1]
	}
}
