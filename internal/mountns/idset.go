package mountns

import "slices"

// idSet are mount ids, a bit for each. The kernel gives out the smallest that is
// free.
type idSet []uint64

const idsInWord = 64

func (s *idSet) add(id uint32) {
	word := int(id / idsInWord)
	if more := word + 1 - len(*s); more > 0 {
		*s = slices.Grow(*s, more)[:word+1]
	}
	(*s)[word] |= 1 << (id % idsInWord)
}

func (s idSet) has(id uint32) bool {
	word := int(id / idsInWord)
	return word < len(s) && s[word]&(1<<(id%idsInWord)) != 0
}
