package target

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/engine/ask"
)

func TestLingering(t *testing.T) {
	const merged = "/var/lib/docker/overlay2/LAYER/merged"
	nested := "40 2 254:0 / / rw - ext4 /dev/vda1 rw\n"
	for _, test := range []struct {
		name   string
		own    string
		other  string
		answer ask.Answer
		err    error
		nested bool
		want   string // what lingers, or why it is skipped
	}{
		{"gone", rootLine, agentRoot + leftThere, ask.NoSuch, nil, false, "lingers gone " + merged},
		{"stopped", rootLine, agentRoot + leftThere, ask.Stopped, nil, false, "lingers stopped " + merged},
		{"running", rootLine, agentRoot + leftThere, ask.Running, nil, false, "container ID is running"},
		{"no answer", rootLine, agentRoot + leftThere, ask.Unknown, errors.New("silence"), false, "whose it is cannot be told: silence"},
		{"an answer that is none", rootLine, agentRoot + leftThere, ask.Unknown, nil, false, "whose it is cannot be told"},
		{"still mounted", rootLine + overlay, agentRoot + leftThere, ask.NoSuch, nil, false, "it is mounted at " + merged + " in mnt:[1] (dockerd (pid 812))"},
		{
			"mounted anew", rootLine + strings.Replace(overlay, "0:50", "0:60", 1), agentRoot + leftThere, ask.NoSuch, nil, false,
			"its engine has something else mounted there",
		},
		{"a nested engine's", rootLine, nested + leftThere, ask.NoSuch, nil, true, "its mount namespace is protected: nested containerd (pid 9)"},
		{
			"somebody's root", rootLine, "39 2 0:50 / / rw - overlay overlay rw\n40 39 254:0 / /host rw - ext4 /dev/vda1 rw\n" +
				"50 40 0:50 / /host/var/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n", ask.NoSuch, nil, false,
			"it is the root directory of mnt:[2]",
		},
		// Wherever the host's directory is there, the place is the same.
		{
			"below another directory", rootLine, "39 2 0:9 / / rw - tmpfs none rw\n40 39 254:0 /var /mnt rw - ext4 /dev/vda1 rw\n" +
				"50 40 0:50 / /mnt/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n", ask.NoSuch, nil, false,
			"lingers gone " + merged,
		},
		// A path that looks the same is not the same place.
		{
			"a look-alike", rootLine, "40 2 0:9 / / rw - tmpfs none rw\n" + leftThere, ask.NoSuch, nil, false, "",
		},
		{"no area", rootLine, agentRoot + "50 40 0:50 / /mnt rw - overlay overlay rw\n", ask.NoSuch, nil, false, ""},
		// What a container has mounted in its own root directory.
		{"inside a container", rootLine + overlay, "40 2 0:50 / / rw - overlay overlay rw\n50 40 0:51 / /proc rw - proc proc rw\n", ask.NoSuch, nil, false, ""},
		{
			"a netns", rootLine, agentRoot + "41 40 0:30 / /run rw - tmpfs run rw\n51 41 0:4 net:[77] /run/docker/netns/abc rw - nsfs nsfs rw\n",
			ask.NoSuch, nil, false, "",
		},
		{
			"a netns", rootLine + "21 20 0:30 / /run rw - tmpfs run rw\n22 21 0:4 net:[78] /run/netns/x rw - nsfs nsfs rw\n",
			agentRoot + "41 40 0:30 / /run rw - tmpfs run rw\n51 41 0:4 net:[77] /run/docker/netns/abc rw - nsfs nsfs rw\n",
			ask.NoSuch, nil, false, "lingers gone /run/docker/netns/abc",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t, test.own, test.other)
			if test.nested {
				h.Namespaces[1].Protected = "nested containerd (pid 9)"
			}
			h.Ask = func(context.Context, string) (ask.Owner, error) {
				return ask.Owner{Container: "ID", State: test.answer}, test.err
			}
			lingering, skipped, err := h.Lingering(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range lingering {
				got = append(got, "lingers "+string(l.State)+" "+l.Owned.Path)
			}
			for _, s := range skipped {
				got = append(got, s.Reason)
			}
			text := strings.ReplaceAll(strings.Join(got, "; "), layer, "LAYER")
			if text != test.want {
				t.Errorf("%q, want %q", text, test.want)
			}
		})
	}
}

func TestAgain(t *testing.T) {
	look := func(line string) []Lingering {
		h := newHost(t, rootLine, agentRoot+line)
		h.Ask = func(context.Context, string) (ask.Owner, error) { return ask.Owner{State: ask.NoSuch}, nil }
		found, _, err := h.Lingering(t.Context())
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return found
	}
	before := look(leftThere)
	if both := Again(before, look(leftThere)); len(both) != 1 {
		t.Errorf("the same: %+v", both)
	}
	// The same place and number, and another mount.
	if both := Again(before, look(strings.Replace(leftThere, "50 40", "52 40", 1))); len(both) != 0 {
		t.Errorf("another one: %+v", both)
	}
	if both := Again(before, nil); len(both) != 0 {
		t.Errorf("gone: %+v", both)
	}
}
