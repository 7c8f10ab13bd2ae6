package mountns

import "testing"

func TestIDSet(t *testing.T) {
	var s idSet
	for _, id := range []uint32{0, 63, 64, 200000} {
		if s.has(id) {
			t.Errorf("%d is there before it was added", id)
		}
		s.add(id)
		if !s.has(id) {
			t.Errorf("%d is not there", id)
		}
	}
	for _, id := range []uint32{1, 62, 65, 199999, 200001, 1 << 31} {
		if s.has(id) {
			t.Errorf("%d was not added", id)
		}
	}
}
