package doctor

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/target"
	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// namespace is one that has a mount table, as text of mountinfo.
func namespace(t *testing.T, inode uint64, table string) *target.Namespace {
	t.Helper()
	infos, err := mountinfo.GetMountsFromReader(strings.NewReader(strings.ReplaceAll(strings.TrimSpace(table), "\t", "")), nil)
	if err != nil {
		t.Fatal(err)
	}
	ns := &target.Namespace{ID: mount.NamespaceID{Inode: inode}}
	for _, info := range infos {
		m := mount.Mount{
			OldID: uint64(info.ID), OldParent: uint64(info.Parent), Root: info.Root, Path: info.Mountpoint, FSType: info.FSType,
			Device: mount.Device{Major: uint32(info.Major), Minor: uint32(info.Minor)},
		}
		for option := range strings.SplitSeq(info.Optional, " ") {
			name, number, _ := strings.Cut(option, ":")
			group := uint64(0)
			for _, digit := range number {
				group = group*10 + uint64(digit-'0')
			}
			switch name {
			case "shared":
				m.PeerGroup = group
			case "master":
				m.Master = group
			}
		}
		ns.Mounts = append(ns.Mounts, m)
	}
	return ns
}

// docker is a root of dockerd's.
func docker() roots.Root {
	const dir = "/var/lib/docker"
	return roots.Root{Engine: roots.Docker, Path: dir, Resolved: dir, Areas: []spec.Area{
		{Root: dir, Owner: "overlay2/*"}, {Root: dir, Owner: "containers/*"},
	}}
}

// host is what is seen of one with these namespaces, of which the first is ours.
func hostWith(all ...*target.Namespace) *target.Host {
	seen := &target.Host{Own: all[0].ID, Areas: docker().Areas}
	for _, ns := range all {
		seen.Namespaces = append(seen.Namespaces, *ns)
	}
	return seen
}

// requireFindings compares what was found, by id, severity and words of the
// evidence.
func requireFindings(t *testing.T, found []Finding, want ...string) {
	t.Helper()
	var got []string
	for _, f := range found {
		got = append(got, string(f.Severity)+" "+f.ID)
		if f.Evidence == "" || f.Fix == "" || strings.ContainsAny(f.Evidence+f.Fix, "\n\t") {
			t.Errorf("not for people: %+v", f)
		}
	}
	var ids []string
	for i, w := range want {
		id, words, _ := strings.Cut(w, ": ")
		ids = append(ids, id)
		if i < len(found) && !strings.Contains(found[i].Evidence, words) {
			t.Errorf("evidence %q, want %q in it", found[i].Evidence, words)
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("found %q, want %q", got, ids)
	}
}

func TestPrivateOver(t *testing.T) {
	const root = "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
	for _, test := range []struct {
		name, table string
		want        []string
	}{
		{"all shared", root, nil},
		{"a shared self-bind", root + "2 1 8:1 /var/lib/docker /var/lib/docker rw shared:1 - ext4 /dev/sda1 rw", nil},
		{"a private self-bind", root + "2 1 8:1 /var/lib/docker /var/lib/docker rw - ext4 /dev/sda1 rw",
			[]string{"warning private-mount-over-root: /var/lib/docker in mnt:[7]"}},
		{"of one area", root + "2 1 8:1 /var/lib/docker/overlay2 /var/lib/docker/overlay2 rw - ext4 /dev/sda1 rw",
			[]string{"warning private-mount-over-root: /var/lib/docker/overlay2 in"}},
		{"of a container", root + "2 1 0:40 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw", nil},
		{"elsewhere", root + "2 1 8:2 / /var/lib/docker-old rw - ext4 /dev/sda2 rw", nil},
		{"a slave", root + "2 1 8:2 / /var rw master:3 - ext4 /dev/sda2 rw", []string{"warning private-mount-over-root: /var in"}},
		{"hidden", root + "2 1 8:2 / /var/lib rw - ext4 /dev/sda2 rw\n3 2 8:3 / /var/lib/docker rw shared:9 - ext4 /dev/sda3 rw", nil},
		{"everything private", strings.Replace(root, "shared:1 ", "", 1), nil},
		{"no table", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			requireFindings(t, privateOver(namespace(t, 7, test.table), mountDirectories([]roots.Root{docker()})), test.want...)
		})
	}
}

func TestPodmansDirectories(t *testing.T) {
	podman := roots.Root{Engine: roots.Podman, Areas: []spec.Area{{Root: "/run/netns", Owner: "*"}, {Root: "/s", Owner: "overlay/*"}, {Root: "/s", Owner: "overlay/*/merged"}}}
	var got []string
	// The driver does that at every start of podman: an unasked-for mount --make-shared
	// would be undone.
	private := namespace(t, 7, "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n2 1 8:1 /s/overlay /s/overlay rw - ext4 /dev/sda1 rw")
	if f := privateOver(private, mountDirectories([]roots.Root{podman})); len(f) != 1 || !strings.Contains(f[0].Fix, "skip_mount_home") {
		t.Errorf("found %+v", f)
	}
	for _, d := range mountDirectories([]roots.Root{podman}) {
		got = append(got, d.path)
	}
	if want := []string{"/run/netns", "/s/overlay"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAliases(t *testing.T) {
	const root = "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
	const container = "9 1 0:40 / /var/lib/docker/overlay2/x/merged rw shared:9 - overlay overlay rw\n"
	for _, test := range []struct {
		name, table string
		want        []string
	}{
		{"none", root + container, nil},
		{"a self-bind", root + "2 1 8:1 /var/lib/docker /var/lib/docker rw shared:2 - ext4 /dev/sda1 rw", nil},
		{"a peer", root + "2 1 8:1 /var/lib/docker /mnt/docker rw shared:1 - ext4 /dev/sda1 rw",
			[]string{"warning alias-of-runtime-root: /mnt/docker/"}},
		{"of all", root + "2 1 8:1 / /mnt rw master:1 - ext4 /dev/sda1 rw",
			[]string{"warning alias-of-runtime-root: /mnt/var/lib/docker/"}},
		{"private with mounts", root + container + "2 1 8:1 /var/lib/docker /mnt/docker rw - ext4 /dev/sda1 rw\n" +
			"3 2 0:40 / /mnt/docker/overlay2/x/merged rw - overlay overlay rw",
			[]string{"error alias-of-runtime-root: with 1 mount below it"}},
		{"private without mounts", root + container + "2 1 8:1 /var/lib/docker /mnt/docker rw - ext4 /dev/sda1 rw", nil},
		{"hidden", root + "2 1 8:1 /var/lib/docker /mnt/docker rw shared:1 - ext4 /dev/sda1 rw\n3 2 0:41 / /mnt/docker rw - tmpfs tmpfs rw", nil},
		{"another file system", root + "2 1 8:2 /var/lib/docker /mnt/docker rw shared:1 - ext4 /dev/sda2 rw", nil},
		{"another directory", root + "2 1 8:1 /var/lib/docker-old /mnt/docker rw shared:1 - ext4 /dev/sda1 rw", nil},
		{"bound to its place", root + "2 1 8:1 /data/docker /var/lib/docker rw shared:1 - ext4 /dev/sda1 rw", nil},
		{"bound to its place, privately", root + "2 1 8:1 /data/docker /var/lib/docker rw - ext4 /dev/sda1 rw\n" +
			"3 1 0:40 / /data/docker/overlay2/x/merged rw - overlay overlay rw",
			[]string{"error alias-of-runtime-root: /data/docker/overlay2 is /var/lib/docker/overlay2 of docker once more, by the mount at /, with 1 mount"}},
		{"of all beside a self-bind", root + "2 1 8:1 /var/lib/docker /var/lib/docker rw shared:1 - ext4 /dev/sda1 rw\n" +
			"3 1 8:1 / /mnt rw master:1 - ext4 /dev/sda1 rw",
			[]string{"warning alias-of-runtime-root: /mnt/var/lib/docker/"}},
		{"one container's own", root + "2 1 8:1 /var/lib/docker/containers/x /mnt/x rw shared:1 - ext4 /dev/sda1 rw", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := aliases(namespace(t, 7, test.table), mountDirectories([]roots.Root{docker()}))
			requireFindings(t, found, test.want...)
			for _, f := range found {
				if strings.HasSuffix(f.Fix, " /") {
					t.Errorf("that would be the end of the host: %+v", f)
				}
			}
		})
	}
}

func TestStaying(t *testing.T) {
	engine := namespace(t, 1, `
		1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
		2 1 0:40 / /var/lib/docker/overlay2/x/merged rw shared:9 - overlay overlay rw
		3 1 0:41 / /mnt rw - tmpfs tmpfs rw`)
	const copied = "12 11 0:40 / /var/lib/docker/overlay2/x/merged rw %s - overlay overlay rw\n13 11 0:41 / /mnt rw - tmpfs tmpfs rw"
	for _, test := range []struct {
		name, above string
		want        int
	}{
		{"private", "", 1},
		{"slave", "master:1", 0},
		{"peer", "shared:1", 0},
		{"peer of somebody else", "shared:5", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := namespace(t, 2, "11 0 8:1 / / rw "+test.above+" - ext4 /dev/sda1 rw\n"+strings.Replace(copied, "%s ", "", 1))
			originals, groups := inAreas([]*target.Namespace{engine}, docker().Areas)
			if got := staying(ns, originals, groups); len(got) != test.want {
				t.Errorf("%q stay", got)
			}
		})
	}
}

// TestStayingInContainer has a container of which no cgroup tells.
func TestStayingInContainer(t *testing.T) {
	engine := namespace(t, 1, `
		1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
		2 1 0:40 / /var/lib/docker/overlay2/x/merged rw shared:9 - overlay overlay rw
		3 1 0:41 / /var/lib/docker/containers/x/shm rw shared:8 - tmpfs shm rw`)
	originals, groups := inAreas([]*target.Namespace{engine}, docker().Areas)
	inside := namespace(t, 2, "11 10 0:40 / / rw - overlay overlay rw\n12 11 0:41 / /dev/shm rw - tmpfs shm rw")
	if got := staying(inside, originals, groups); len(got) != 0 {
		t.Errorf("%q stay", got)
	}
	elsewhere := namespace(t, 2, "11 10 0:50 / / rw - overlay overlay rw\n12 11 0:41 / /dev/shm rw - tmpfs shm rw")
	if got := staying(elsewhere, originals, groups); len(got) != 1 {
		t.Errorf("%q stay", got)
	}
}

func TestNearLimit(t *testing.T) {
	table := func(n int, options string) string {
		var text strings.Builder
		for i := range n {
			name := path.Join("/", strings.Repeat("x", min(i, 1)))
			text.WriteString("1 0 8:1 / " + name + " rw " + options + "- ext4 /dev/sda1 rw\n")
		}
		return text.String()
	}
	for _, test := range []struct {
		name      string
		mounts    int
		options   string
		protected string
		want      []string
	}{
		{"far", 89, "", "", nil},
		{"near", 90, "", "", []string{"warning near-mount-max: mnt:[7] has 90 mounts, of 100"}},
		{"coupled", 95, "master:1 ", "", []string{"warning near-mount-max: it gets its mounts from another one"}},
		{"an engine's", 95, "", "dockerd (pid 3)", []string{"warning near-mount-max: dockerd (pid 3) lives there"}},
		{"full", 100, "", "", []string{"error near-mount-max: 100 mounts"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := namespace(t, 7, table(test.mounts, test.options))
			ns.Protected = test.protected
			requireFindings(t, nearLimit(hostWith(ns), 100), test.want...)
		})
	}
}

func TestMeantApart(t *testing.T) {
	for _, test := range []struct {
		name, table string
		want        bool
	}{
		{"nobody keeps it", "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw", false},
		{"OpenShift", "5 1 0:4 mnt:[77] /run/kubens/mnt rw - nsfs nsfs rw", true},
		{"a snap", "5 1 0:4 mnt:[77] /run/snapd/ns/docker.mnt rw - nsfs nsfs rw", true},
		{"another snap", "5 1 0:4 mnt:[78] /run/snapd/ns/docker.mnt rw - nsfs nsfs rw", false},
		{"somebody else", "5 1 0:4 mnt:[77] /tmp/run/kubens/mnt rw - nsfs nsfs rw", false},
		{"in name only", "5 1 8:1 mnt:[77] /run/kubens/mnt rw - ext4 /dev/sda1 rw", false},
	} {
		if got := isMeantApart(namespace(t, 1, test.table), 77); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
