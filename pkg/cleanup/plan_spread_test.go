package cleanup

import "testing"

// TestPlanSpread is about two namespaces that no engine shares anything with, but
// that share it with each other: what is unmounted in one of them goes from the
// other as well.
func TestPlanSpread(t *testing.T) {
	agent := replaced(t, stageAgent, "/ / rw", "/ / rw shared:80")
	third := func(groups, path string) string {
		return "1200: 200 1 254:0 / / rw " + groups + " - ext4 /dev/vda rw\n1290: 290 200 0:60 / " + path + " rw - overlay overlay rw\n"
	}
	inUse := func(s *Scene, _ []Owned) { s.Namespaces[2].Roots = []uint64{290} }
	const (
		goes   = "agent " + merged + " private: goes"
		spread = "agent " + merged + " private: " + string(RefuseSpread)
		stays  = "third " + merged + " root: " + string(RefuseRoot)
	)
	for _, test := range []planCase{
		{
			name: "nobody lives in the other one", agent: agent, third: third("shared:80", merged),
			want: []string{original, goes, "third " + merged + " private: goes"},
		},
		{name: "a process lives in the other one", agent: agent, third: third("shared:80", merged), change: inUse, want: []string{original, spread, stays}},
		{name: "the other one is a slave", agent: agent, third: third("master:80", merged), change: inUse, want: []string{original, spread, stays}},
		{name: "the other one is in another group", agent: agent, third: third("shared:81", merged), change: inUse, want: []string{original, goes, stays}},
		{
			name: "the other one is on another directory", agent: agent, third: third("shared:80", "/x"), change: inUse,
			want: []string{original, goes, "third /x root: " + string(RefuseRoot)},
		},
		{
			name: "something is mounted on the other one", agent: agent,
			third: third("shared:80", merged) + "1291: 291 290 0:70 / " + merged + "/x rw - tmpfs tmpfs rw\n",
			want:  []string{original, spread, "third " + merged + " private: " + string(RefuseCovered)},
		},
	} {
		t.Run(test.name, test.run)
	}
}
