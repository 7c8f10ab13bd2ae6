package target

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// describe is what the tests look at of a target.
func describe(t Target, err error) string {
	if err != nil {
		return err.Error()
	}
	words := []string{string(t.Type), string(t.State)}
	for _, o := range t.Owned {
		word := string(o.Kind) + "=" + o.Path
		if o.UniqueID == 0 {
			word += "(copies)"
		}
		words = append(words, word)
	}
	return strings.NewReplacer(layer, "LAYER", id, "ID").Replace(strings.Join(words, " ") + ": " + string(t.InUse))
}

func TestResolve(t *testing.T) {
	known := Container{ID: id, Engine: roots.Docker, Names: []string{"web"}, Keys: []string{layer}, Dirs: []string{"/dir"}}
	const merged = "/var/lib/docker/overlay2/LAYER/merged"
	answers := func(a ask.Answer) Asker {
		return func(context.Context, string) (ask.Owner, error) { return ask.Owner{Container: id, State: a}, nil }
	}
	for _, test := range []struct {
		name   string
		word   string
		own    string
		other  string
		known  bool
		answer Asker
		want   string
	}{
		{
			"a container that runs", "web", rootLine + overlay, agentRoot + leftThere, true, answers(ask.Running),
			"container running rootfs=" + merged + ": the container is running",
		},
		{
			"a container that is stopped and mounted", "web", rootLine + overlay, agentRoot + leftThere, true, answers(ask.Stopped),
			"container stopped rootfs=" + merged + ": ",
		},
		{
			"a container that is stopped", "web", rootLine, agentRoot + leftThere, true, answers(ask.Stopped),
			"container stopped rootfs=" + merged + "(copies): ",
		},
		{
			"a container whose engine is silent", "web", rootLine, agentRoot + leftThere, true, nil,
			"container unknown rootfs=" + merged + "(copies): whether the container runs is not known: nobody answers",
		},
		{
			"a container that its engine has forgotten", "web", rootLine + overlay, agentRoot + leftThere, true, answers(ask.NoSuch),
			"container gone rootfs=" + merged + ": it is mounted at " + merged + " in mnt:[1] (dockerd (pid 812))",
		},
		{
			"no container any more", layer, rootLine, agentRoot + leftThere, false, nil,
			"container gone rootfs=" + merged + "(copies): ",
		},
		{
			"no container any more, but its engine says otherwise", layer, rootLine, agentRoot + leftThere, false, answers(ask.Running),
			"container gone rootfs=" + merged + "(copies): it is mounted for container ID, which is running",
		},
		{
			"no known container, mounted", layer, rootLine + overlay, agentRoot + leftThere, false, nil,
			"container gone rootfs=" + merged + ": it is mounted at " + merged + " in mnt:[1] (dockerd (pid 812))",
		},
		{
			"no known container, somebody's root", layer, rootLine, "40 2 0:50 / / rw - overlay overlay rw\n41 40 254:0 / /host rw - ext4 x rw\n" +
				"50 41 0:50 / /host/var/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n", false, nil,
			"container gone rootfs=" + merged + "(copies): it is the root directory of mnt:[2]",
		},
		{
			"below another directory", layer[:3], rootLine, agentRoot + "50 40 0:50 / /mnt/overlay2/LAYER/merged rw - overlay overlay rw\n", false, nil,
			"container gone rootfs=" + merged + "(copies): ",
		},
		{
			"a netns", "cni-1", rootLine + "31 20 0:4 net:[77] /run/netns/cni-1 rw - nsfs nsfs rw\n", agentRoot, false, nil,
			"netns  netns=/run/netns/cni-1: it is mounted at /run/netns/cni-1 in mnt:[1] (dockerd (pid 812))",
		},
		{
			"a netns whose name is gone", "cni-1", rootLine + "31 20 0:4 net:[78] /run/netns/cni-2 rw - nsfs nsfs rw\n",
			agentRoot + "51 40 0:4 net:[77] /host/run/netns/cni-1 rw - nsfs nsfs rw\n", false, nil,
			"netns  netns=/run/netns/cni-1(copies): ",
		},
		{
			"a path", merged, rootLine + overlay, agentRoot, false, nil,
			"path  rootfs=" + merged + ": it is mounted at " + merged + " in mnt:[1] (dockerd (pid 812))",
		},
		{
			"a path of a known container", merged, rootLine + overlay, agentRoot, true, answers(ask.Stopped),
			"path stopped rootfs=" + merged + ": ",
		},
		{
			"a path that is gone", merged, rootLine, agentRoot + "50 40 0:50 / /host/var/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n", false, nil,
			"path  rootfs=" + merged + "(copies): ",
		},
		{
			"a path in no area", "/mnt/gone/disk", rootLine, agentRoot + "50 40 8:1 / /host/mnt/gone/disk rw - ext4 /dev/sda1 rw\n", false, nil,
			"path  mount=/mnt/gone/disk(copies): ",
		},
		{
			"the directory around a mountpoint", "/var/lib/docker/overlay2/LAYER", rootLine + overlay, agentRoot + leftThere, true, answers(ask.Running),
			"path running rootfs=" + merged + ": the container is running",
		},
		{
			"the directory around what is left", "/var/lib/docker/overlay2/LAYER", rootLine, agentRoot +
				"50 40 0:50 / /host/var/lib/docker/overlay2/LAYER/merged rw - overlay overlay rw\n", false, nil,
			"path  rootfs=" + merged + "(copies): ",
		},
		{
			"the directory of another container", "/var/lib/docker/overlay2/LAYER-2", rootLine, agentRoot + leftThere, false, nil,
			"/var/lib/docker/overlay2/" + layer + "-2 does not exist, and nothing is mounted there in any mount namespace",
		},
		{
			"a directory of several containers", "/var/lib/docker", rootLine, agentRoot + leftThere, false, nil,
			"path  rootfs=" + merged + "(copies): mounts of several containers can be below it: name one container, or use --all",
		},
		{
			"nothing", "/mnt/gone/disk", rootLine, agentRoot, false, nil,
			"/mnt/gone/disk does not exist, and nothing is mounted there in any mount namespace",
		},
		{
			"no name", "nobody", rootLine, agentRoot, false, nil,
			`"nobody" is neither a container nor a network namespace, and no mount has it in its path`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t, test.own, test.other)
			if test.answer != nil {
				h.Ask = test.answer
			}
			if test.known {
				h.containers = []Container{known}
			}
			word := strings.ReplaceAll(test.word, "LAYER", layer)
			if got := describe(h.Resolve(t.Context(), word)); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// TestStaleRecord has recorded mounts whose device numbers have other owners by
// now, or none.
func TestStaleRecord(t *testing.T) {
	recorded := cleanup.Owned{
		Path: "/var/lib/docker/overlay2/" + layer + "/merged", Tail: "overlay2/" + layer + "/merged",
		Device: Device{Minor: 50}, Root: "/", FSType: "overlay", UniqueID: 1045, UpperDir: "/upper/of/0:50",
	}
	edit := func(f func(*cleanup.Owned)) cleanup.Owned {
		o := recorded
		f(&o)
		return o
	}
	for _, test := range []struct {
		name  string
		owned cleanup.Owned
		other string
		want  certainty
	}{
		{"a copy", recorded, leftThere, byPlace},
		{"an older mount", edit(func(o *cleanup.Owned) { o.UniqueID = 1051 }), leftThere, other},
		{"another layer", edit(func(o *cleanup.Owned) { o.UpperDir = "/upper/of/another" }), leftThere, other},
		{"another place, the same layer", recorded, "50 40 0:50 / /mnt rw - overlay overlay rw\n", byPlace},
		{"another place, unknown layer", edit(func(o *cleanup.Owned) { o.UpperDir = "" }), "50 40 0:50 / /mnt rw - overlay overlay rw\n", other},
		{"another file system", recorded, "50 40 0:50 / /var/lib/docker/overlay2/LAYER/merged rw - tmpfs x rw\n", other},
		{
			"another file system without layers", edit(func(o *cleanup.Owned) { o.FSType, o.UpperDir = "tmpfs", "" }),
			leftThere, other,
		},
		{"nothing", recorded, "", nothing},
		{"the original", edit(func(o *cleanup.Owned) { o.UniqueID = 1050 }), leftThere, certain},
	} {
		h := newHost(t, rootLine, agentRoot+test.other)
		if got := h.certaintyOf(&test.owned); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestAskedInEveryDirectory(t *testing.T) {
	h := newHost(t, rootLine)
	says := map[string]ask.Answer{"/a": ask.Stopped, "/b": ask.Running, "/c": ask.NoSuch}
	h.Ask = func(_ context.Context, path string) (ask.Owner, error) {
		a, ok := says[path]
		if !ok {
			return ask.Owner{}, errors.New("nobody answers")
		}
		return ask.Owner{State: a}, nil
	}
	for dirs, want := range map[string]State{
		"/a": Stopped, "/b": Running, "/c": Gone, "/c /a": Stopped, "/a /b": Running, "/c /d": Unknown, "/d /b": Unknown,
	} {
		if got, _ := h.ask(t.Context(), Container{Dirs: strings.Fields(dirs)}); got != want {
			t.Errorf("%s: %s, want %s", dirs, got, want)
		}
		if want == Gone {
			want = Stopped
		}
		if got, _ := h.ask(t.Context(), Container{Dirs: strings.Fields(dirs), Kept: true}); got != want {
			t.Errorf("%s, kept: %s, want %s", dirs, got, want)
		}
	}
}
