package cleanup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"

	"github.com/unbusy/unbusy/pkg/mount"
	"github.com/unbusy/unbusy/pkg/spec"
)

// The namespaces of the scenes, by the numbers that the tests give them.
const (
	host uint64 = iota + 1
	agent
	third
)

var namespaceNames = map[uint64]string{host: "host", agent: "agent", third: "third"}

var hostAreas = []spec.Area{
	{Root: "/var/lib/docker", Owner: "overlay2/*"},
	{Root: "/var/lib/docker", Owner: "devicemapper/mnt/*"},
	{Root: "/var/lib/docker", Owner: "btrfs/subvolumes/*"},
	{Root: "/var/lib/docker", Owner: "containers/*"},
	{Root: "/var/lib/docker", Owner: "volumes/*"},
	{Root: "/var/lib/docker", Owner: "rootfs/*/*"},
	{Root: "/run/docker", Owner: "netns/*"},
	{Root: "/mnt/docker", Owner: "netns/*"},
	{Root: "/run/netns", Owner: "*"},
	{Root: "/run/containerd", Owner: "io.containerd.runtime.v2.task/*/*"},
	{Root: "/run/containerd", Owner: "io.containerd.grpc.v1.cri/sandboxes/*"},
	{Root: "/var/lib/kubelet", Owner: "pods/*"},
	{Root: "/var/lib/kubelet", Owner: "plugins/kubernetes.io/csi/*/*"},
	{Root: "/var/lib/containers/storage", Owner: "overlay/*"},
	{Root: "/var/lib/containers/storage", Owner: "overlay-containers/*"},
	{Root: "/var/lib/containers/storage", Owner: "volumes/*"},
	{Root: "/srv/jobs", Owner: "*/*"}, // of the configuration file
}

// tableOf parses a mount table as /proc/PID/mountinfo has it. A number and a
// colon before a line are the unique id of that mount. A mountpoint "none" is
// out of reach. upper has what the options of overlay file systems name.
func tableOf(t *testing.T, text string) (mounts []mount.Mount, upper map[uint64]string) {
	t.Helper()
	upper = make(map[uint64]string)
	for line := range strings.Lines(strings.TrimSpace(text)) {
		unique, rest, ok := strings.Cut(line, ": ")
		if !ok {
			unique, rest = "0", line
		}
		infos, err := mountinfo.GetMountsFromReader(strings.NewReader(rest), nil)
		if err != nil || len(infos) != 1 {
			t.Fatalf("%q: %v, %v", line, infos, err)
		}
		info := infos[0]
		m := mount.Mount{
			UniqueID: number(t, strings.TrimSpace(unique)),
			OldID:    uint64(info.ID), OldParent: uint64(info.Parent),
			Device: mount.Device{Major: uint32(info.Major), Minor: uint32(info.Minor)},
			Root:   info.Root, Path: info.Mountpoint, FSType: info.FSType, Source: info.Source,
		}
		if m.Path == "none" {
			m.Path = ""
		}
		for field := range strings.FieldsSeq(info.Optional) {
			name, group, _ := strings.Cut(field, ":")
			switch name {
			case "shared":
				m.PeerGroup = number(t, group)
			case "master":
				m.Master = number(t, group)
			default:
				t.Fatalf("%q: what is %s?", line, field)
			}
		}
		for option := range strings.SplitSeq(info.VFSOptions, ",") {
			if dir, ok := strings.CutPrefix(option, "upperdir="); ok {
				upper[m.OldID] = dir
			}
		}
		mounts = append(mounts, m)
	}
	return mounts, upper
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// namespaceOf is a namespace with a table. That of the host is protected.
func namespaceOf(t *testing.T, inode uint64, table string) Namespace {
	t.Helper()
	ns := Namespace{ID: mount.NamespaceID{Inode: inode}}
	ns.Mounts, ns.UpperDirs = tableOf(t, table)
	if inode == host {
		ns.Protected = "dockerd"
	}
	return ns
}

// sceneOf is a host with an engine and up to two other namespaces.
func sceneOf(t *testing.T, tables ...string) Scene {
	t.Helper()
	scene := Scene{Engine: mount.NamespaceID{Inode: host}}
	for i, table := range tables {
		if table == "" {
			continue
		}
		ns := namespaceOf(t, host+uint64(i), table)
		scene.Namespaces = append(scene.Namespaces, ns)
		scene.Relays = append(scene.Relays, RelaysOf(ns.Mounts)...)
	}
	return scene
}

// ownOf is what a container owns in a table.
func ownOf(t *testing.T, c Container, table string) []Owned {
	t.Helper()
	mounts, upper := tableOf(t, table)
	owned := Own(c, hostAreas, mounts)
	for i := range owned {
		owned[i].UpperDir = upper[owned[i].OldID]
	}
	return owned
}

// oldKernel takes the unique ids from a table.
func oldKernel(table string) string {
	lines := slices.Collect(strings.Lines(table))
	for i, line := range lines {
		if _, rest, ok := strings.Cut(line, ": "); ok {
			lines[i] = rest
		}
	}
	return strings.Join(lines, "")
}

// replaced is a table in which text occurs and is replaced.
func replaced(t *testing.T, table string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(table, pairs[i]) {
			t.Fatalf("%q is not in the table", pairs[i])
		}
		table = strings.ReplaceAll(table, pairs[i], pairs[i+1])
	}
	return table
}

// explain writes a plan with one line for each copy.
func explain(plan []Copy) []string {
	var lines []string
	for _, c := range plan {
		lines = append(lines, copyLine(c))
	}
	return lines
}

func copyLine(c Copy) string {
	answer := string(c.Refusal)
	if c.Refusal == Allowed {
		answer = "goes"
	}
	at := c.Mount.Path
	if at == "" {
		at = "(nowhere)"
	}
	return fmt.Sprintf("%s %s %s: %s", namespaceNames[c.Namespace.Inode], at, c.Kind, answer)
}

func wantLines(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
