package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
)

// sharedHost is a host as systemd leaves it: everything shared.
const sharedHost = `
22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
30 22 0:24 / /run rw shared:5 - tmpfs tmpfs rw
31 30 0:4 net:[4026532401] /run/netns/cni-1 rw shared:9 - nsfs nsfs rw
40 22 0:60 / /var/lib/docker/overlay2/aaa/merged rw shared:20 - overlay overlay rw
41 22 0:61 / /var/lib/docker/overlay2/bbb/merged rw shared:21 - overlay overlay rw
`

var hostAreas = []Area{
	{Root: "/var/lib/docker", Owner: "overlay2/*"},
	{Root: "/run/netns", Owner: "*"},
	{Root: "/var/lib/kubelet", Owner: "pods/*"},
}

// tableOf parses a mount table as /proc/PID/mountinfo has it.
func tableOf(t *testing.T, text string) []*mountinfo.Info {
	t.Helper()
	table, err := mountinfo.GetMountsFromReader(strings.NewReader(strings.TrimSpace(text)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// selfSources resolves each source to itself, as if there were no links.
func selfSources(d *Document) map[string]string {
	m := make(map[string]string)
	for _, s := range d.RecursiveSources() {
		m[s] = s
	}
	return m
}

// explain writes a decision in one line, for comparison.
func explain(d Decision) string {
	line := fmt.Sprintf("%s %s: %s", d.Action, d.Field, d.Reason)
	if d.Action == ActionRewrite {
		line += " -> " + strings.Join(d.After, ",")
	}
	if un := d.Unprotected(); un != nil {
		line += " (private: " + strings.Join(un, " ") + ")"
	}
	return line
}

func TestDecide(t *testing.T) {
	const covers = "rewrite /mounts/0/options: covers mount areas -> "
	for _, test := range []struct {
		name   string
		spec   string
		table  string // sharedHost if empty
		change func(*Host)
		want   []string
	}{
		{
			name: "a private bind of the host's root",
			spec: `{"mounts":[{"source":"/","options":["rbind","rprivate","rw"]}]}`,
			want: []string{covers + "rbind,rw,rslave"},
		},
		{
			name: "no propagation option at all",
			spec: `{"mounts":[{"source":"/var","options":["rbind"]}]}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name: "every propagation option goes",
			spec: `{"mounts":[{"source":"/","options":["rprivate","rbind","rslave","private","shared","runbindable"]}]}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name: "slave leaves the submounts shared",
			spec: `{"mounts":[{"source":"/","options":["rbind","slave"]}]}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name: "the type does not make a bind",
			spec: `{"mounts":[{"source":"/","type":"bind","options":["rprivate"]}]}`,
		},
		{
			name: "the type does not unmake one",
			spec: `{"mounts":[{"source":"/","type":"none","options":["rbind"]}]}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name: "a bind that is not recursive clones one mount",
			spec: `{"mounts":[{"source":"/","options":["bind","rprivate"]}]}`,
		},
		{
			name: "one source, once recursive and once not",
			spec: `{"mounts":[{"source":"/","options":["rbind"]},{"source":"/","options":["bind"]}]}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name: "an owner's own directory",
			spec: `{"mounts":[{"source":"/var/lib/docker/overlay2/aaa","options":["rbind","rprivate"]}]}`,
		},
		{
			name: "a directory beside the runtime root",
			spec: `{"mounts":[{"source":"/var/lib/docker-old","options":["rbind","rprivate"]}]}`,
		},
		{
			name:   "a source that is no directory",
			spec:   `{"mounts":[{"source":"/","options":["rbind","rprivate"]}]}`,
			change: func(h *Host) { h.Sources = nil },
		},
		{
			name:   "a symbolic link to the root",
			spec:   `{"mounts":[{"source":"/var/run","options":["rbind","rprivate"]}]}`,
			change: func(h *Host) { h.Sources = map[string]string{"/var/run": "/run"} },
			want:   []string{covers + "rbind,rslave"},
		},
		{
			name: "rslave stays",
			spec: `{"mounts":[{"source":"/","options":["rbind","rslave"]}]}`,
			want: []string{"leave /mounts/0/options: already gets unmounts"},
		},
		{
			name: "rshared stays",
			spec: `{"mounts":[{"source":"/","options":["rbind","rshared"]}],"linux":{"rootfsPropagation":"rshared"}}`,
			want: []string{"leave /mounts/0/options: already gets unmounts"},
		},
		{
			name: "opted out",
			spec: `{"annotations":{"unbusy.io/propagation":"keep"},"mounts":[{"source":"/","options":["rbind"]}],"linux":{"rootfsPropagation":"private"}}`,
			want: []string{"leave /mounts/0/options: kept by annotation unbusy.io/propagation"},
		},
		{
			name: "an annotation with another value opts nothing out",
			spec: `{"annotations":{"unbusy.io/propagation":"yes"},"mounts":[{"source":"/","options":["rbind"]}]}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name:   "opting out is turned off",
			spec:   `{"annotations":{"unbusy.io/propagation":"keep"},"mounts":[{"source":"/","options":["rbind"]}]}`,
			change: func(h *Host) { h.IgnoreAnnotations = true },
			want:   []string{covers + "rbind,rslave"},
		},
		{
			name: "plain ro is rewritten",
			spec: `{"mounts":[{"source":"/","options":["rbind","ro"]}]}`,
			want: []string{covers + "rbind,ro,rslave"},
		},
		{
			name:   "plain ro is configured to stay",
			spec:   `{"mounts":[{"source":"/","options":["rbind","ro"]}]}`,
			change: func(h *Host) { h.KeepReadOnly = true },
			want:   []string{"leave /mounts/0/options: read-only binds are configured to stay"},
		},
		{
			name:   "rw after ro is not read-only",
			spec:   `{"mounts":[{"source":"/","options":["rbind","ro","rw"]}]}`,
			change: func(h *Host) { h.KeepReadOnly = true },
			want:   []string{covers + "rbind,ro,rw,rslave"},
		},
		{
			name: "rro",
			spec: `{"mounts":[{"source":"/","options":["rbind","rro"]}]}`,
			want: []string{"leave /mounts/0/options: " + string(ReasonRestricted)},
		},
		{
			name: "rnosuid, rnodev, rnoexec, rnosymfollow",
			spec: `{"mounts":[{"source":"/","options":["rbind","rnosuid"]},{"source":"/","options":["rbind","rnodev"]},
				{"source":"/","options":["rbind","rnoexec"]},{"source":"/","options":["rbind","rnosymfollow"]}]}`,
			want: []string{
				"leave /mounts/0/options: " + string(ReasonRestricted), "leave /mounts/1/options: " + string(ReasonRestricted),
				"leave /mounts/2/options: " + string(ReasonRestricted), "leave /mounts/3/options: " + string(ReasonRestricted),
			},
		},
		{
			name: "idmap, ridmap and mappings",
			spec: `{"mounts":[{"source":"/","options":["rbind","idmap"]},{"source":"/","options":["rbind","ridmap"]},
				{"source":"/","options":["rbind"],"uidMappings":[{"containerID":0,"hostID":1,"size":1}]},
				{"source":"/","options":["rbind"],"gidMappings":[{"containerID":0,"hostID":1,"size":1}]}]}`,
			want: []string{
				"leave /mounts/0/options: " + string(ReasonMapped), "leave /mounts/1/options: " + string(ReasonMapped),
				"leave /mounts/2/options: " + string(ReasonMapped), "leave /mounts/3/options: " + string(ReasonMapped),
			},
		},
		{
			name: "rootfsPropagation that would end it, and a bind without propagation",
			spec: `{"mounts":[{"source":"/","options":["rbind","rprivate"]},{"source":"/etc/hosts","options":["bind","ro"]},
				{"source":"/srv","options":["rbind","shared"]},{"source":"proc","type":"proc"}],"linux":{"rootfsPropagation":"private"}}`,
			want: []string{
				covers + "rbind,rslave",
				"rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave",
				"rewrite /mounts/1/options: " + string(ReasonPinned) + " -> bind,ro,rprivate",
			},
		},
		{
			name: "a bind with the recursive restriction is pinned, not made slave",
			spec: `{"mounts":[{"source":"/","options":["rbind","rprivate"]},{"source":"/etc","options":["rbind","rro"]}],"linux":{"rootfsPropagation":"rprivate"}}`,
			want: []string{
				covers + "rbind,rslave",
				"rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave",
				"rewrite /mounts/1/options: " + string(ReasonPinned) + " -> rbind,rro,rprivate",
			},
		},
		{
			name:   "a covering bind that stays is pinned as well",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]},{"source":"/run","options":["rbind","rro"]}]}`,
			change: func(h *Host) { h.Runtime = RuntimeCrun },
			want: []string{
				covers + "rbind,rslave",
				"leave /mounts/1/options: " + string(ReasonRestricted),
				"rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave",
				"rewrite /mounts/1/options: " + string(ReasonPinned) + " -> rbind,rro,rprivate",
			},
		},
		{
			name: "where runc has slaves already, nothing else is pinned",
			spec: `{"mounts":[{"source":"/","options":["rbind"]},{"source":"/run","options":["rbind","rro"]},
				{"source":"/srv","options":["rbind"]}]}`,
			change: func(h *Host) { h.Rootfs = "/srv/bundle/rootfs" },
			want: []string{
				covers + "rbind,rslave",
				"leave /mounts/1/options: " + string(ReasonRestricted),
				"rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave",
				"rewrite /mounts/1/options: " + string(ReasonPinned) + " -> rbind,rro,rprivate",
			},
		},
		{
			name: "crun's idmap with its mapping",
			spec: `{"mounts":[{"source":"/","options":["rbind","idmap=uids=0-1000-10"]}]}`,
			want: []string{"leave /mounts/0/options: " + string(ReasonMapped)},
		},
		{
			name: "a private mount behind a shared alias",
			spec: `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker /mnt/alias rw shared:1 - ext4 /dev/vda rw\n" +
				"51 50 254:0 /var/lib/docker/overlay2 /mnt/alias/overlay2 rw - ext4 /dev/vda rw\n" +
				"52 51 0:60 / /mnt/alias/overlay2/aaa/merged rw - overlay overlay rw\n",
			want: []string{covers + "rbind,rslave (private: /mnt/alias/overlay2)"},
		},
		{
			name: "a private alias below a source that covers by its path",
			spec: `{"mounts":[{"source":"/","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker /mnt/alias rw - ext4 /dev/vda rw\n" +
				"51 50 0:60 / /mnt/alias/overlay2/aaa/merged rw - overlay overlay rw\n",
			want: []string{covers + "rbind,rslave (private: /mnt/alias)"},
		},
		{
			name: "runc needs no rootfsPropagation",
			spec: `{"mounts":[{"source":"/","options":["rbind"]},{"source":"/etc/hosts","options":["bind"]}]}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name:   "crun does",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]},{"source":"/etc/hosts","options":["bind"]}]}`,
			change: func(h *Host) { h.Runtime = RuntimeCrun },
			want: []string{
				covers + "rbind,rslave",
				"rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave",
				"rewrite /mounts/1/options: " + string(ReasonPinned) + " -> bind,rprivate",
			},
		},
		{
			name:   "so does a runtime that is not known",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]}]}`,
			change: func(h *Host) { h.Runtime = RuntimeUnknown },
			want:   []string{covers + "rbind,rslave", "rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave"},
		},
		{
			name:   "crun ends an rslave that the container asked for itself",
			spec:   `{"mounts":[{"source":"/","options":["rbind","rslave"]}]}`,
			change: func(h *Host) { h.Runtime = RuntimeCrun },
			want: []string{
				"leave /mounts/0/options: already gets unmounts",
				"rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave",
			},
		},
		{
			name:   "a bind that stays private needs no rootfsPropagation",
			spec:   `{"mounts":[{"source":"/","options":["rbind","rro"]}]}`,
			change: func(h *Host) { h.Runtime = RuntimeCrun },
			want:   []string{"leave /mounts/0/options: " + string(ReasonRestricted)},
		},
		{
			name:   "runc makes the mount private that the root is a directory on",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]}]}`,
			change: func(h *Host) { h.Rootfs = "/srv/bundle/rootfs" },
			want:   []string{covers + "rbind,rslave", "rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave"},
		},
		{
			name:   "it matters as well if it is cloned with the source",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]}]}`,
			table:  sharedHost + "50 22 254:9 / /var/lib/docker rw shared:30 - ext4 /dev/vdb rw\n",
			change: func(h *Host) { h.Rootfs = "/var/lib/docker/vfs/dir/aaa" },
			want:   []string{covers + "rbind,rslave", "rewrite /linux/rootfsPropagation: " + string(ReasonRootfs) + " -> rslave"},
		},
		{
			name:   "it does not if it is another mount",
			spec:   `{"mounts":[{"source":"/run","options":["rbind"]}]}`,
			change: func(h *Host) { h.Rootfs = "/srv/bundle/rootfs" },
			want:   []string{covers + "rbind,rslave"},
		},
		{
			name:   "a root that is a mount of its own",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]}]}`,
			change: func(h *Host) { h.Rootfs = "/var/lib/docker/overlay2/aaa/merged" },
			want:   []string{covers + "rbind,rslave"},
		},
		{
			name:   "crun makes it private whatever is set",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]}],"linux":{"rootfsPropagation":"rslave"}}`,
			change: func(h *Host) { h.Runtime, h.Rootfs = RuntimeCrun, "/srv/bundle/rootfs" },
			want:   []string{covers + "rbind,rslave (private: /)"},
		},
		{
			name:   "so does runc under shared",
			spec:   `{"mounts":[{"source":"/","options":["rbind"]}],"linux":{"rootfsPropagation":"shared"}}`,
			change: func(h *Host) { h.Rootfs = "/srv/bundle/rootfs" },
			want:   []string{covers + "rbind,rslave (private: /)"},
		},
		{
			name: "shared rootfsPropagation stays",
			spec: `{"mounts":[{"source":"/","options":["rbind"]}],"linux":{"rootfsPropagation":"shared"}}`,
			want: []string{covers + "rbind,rslave"},
		},
		{
			name:  "a private root of the host",
			spec:  `{"mounts":[{"source":"/","options":["rbind"]}]}`,
			table: "22 1 254:0 / / rw - ext4 /dev/vda rw",
			want:  []string{covers + "rbind,rslave (private: /)"},
		},
		{
			name:  "a private self-bind between the source and the area",
			spec:  `{"mounts":[{"source":"/var","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker/overlay2 /var/lib/docker/overlay2 rw - ext4 /dev/vda rw\n",
			want:  []string{covers + "rbind,rslave (private: /var/lib/docker/overlay2)"},
		},
		{
			name:  "a private mount beside the way to the area",
			spec:  `{"mounts":[{"source":"/var","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:9 / /var/cache rw - ext4 /dev/vdb rw\n",
			want:  []string{covers + "rbind,rslave"},
		},
		{
			name:  "a slave mount passes unmounts on",
			spec:  `{"mounts":[{"source":"/","options":["rbind"]}]}`,
			table: "22 1 254:0 / / rw master:1 - ext4 /dev/vda rw",
			want:  []string{covers + "rbind,rslave"},
		},
		{
			name:  "an alias of the runtime root in its peer group",
			spec:  `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker /mnt/alias rw shared:1 - ext4 /dev/vda rw\n",
			want:  []string{covers + "rbind,rslave"},
		},
		{
			name:  "a slave alias",
			spec:  `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker /mnt/alias rw master:1 - ext4 /dev/vda rw\n",
			want:  []string{covers + "rbind,rslave"},
		},
		{
			name: "a private alias that holds an area's mount",
			spec: `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker /mnt/alias rw - ext4 /dev/vda rw\n" +
				"51 50 0:60 / /mnt/alias/overlay2/aaa/merged rw - overlay overlay rw\n",
			want: []string{covers + "rbind,rslave (private: /mnt/alias)"},
		},
		{
			name:  "a private alias that holds nothing",
			spec:  `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker /mnt/alias rw - ext4 /dev/vda rw\n",
		},
		{
			name:  "an alias below the source",
			spec:  `{"mounts":[{"source":"/mnt","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib /mnt/alias rw shared:1 - ext4 /dev/vda rw\n",
			want:  []string{covers + "rbind,rslave"},
		},
		{
			name:  "an alias of one owner's directory",
			spec:  `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker/overlay2/aaa /mnt/alias rw shared:1 - ext4 /dev/vda rw\n",
		},
		{
			name:  "the same path on another device",
			spec:  `{"mounts":[{"source":"/mnt/disk","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:9 /var/lib/docker /mnt/disk rw shared:1 - ext4 /dev/vdb rw\n",
		},
		{
			name: "a disk that is a volume of a pod",
			spec: `{"mounts":[{"source":"/mnt","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:9 / /mnt/data rw shared:30 - ext4 /dev/vdb rw\n" +
				"51 22 254:9 / /var/lib/kubelet/pods/uid/volumes/local/data rw shared:30 - ext4 /dev/vdb rw\n",
		},
		{
			name: "a private alias that holds a mount of the root, but of no owner",
			spec: `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib/docker /mnt/alias rw - ext4 /dev/vda rw\n" +
				"51 22 0:70 / /var/lib/docker/tmp rw shared:40 - tmpfs tmpfs rw\n" +
				"52 50 0:70 / /mnt/alias/tmp rw - tmpfs tmpfs rw\n",
		},
		{
			name:  "an alias below a directory whose name only begins like the source's",
			spec:  `{"mounts":[{"source":"/mnt","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib /mnt2/alias rw shared:1 - ext4 /dev/vda rw\n",
		},
		{
			name: "an alias that another mount hides",
			spec: `{"mounts":[{"source":"/mnt/alias","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib /mnt/alias rw shared:1 - ext4 /dev/vda rw\n" +
				"51 22 0:70 / /mnt rw shared:31 - tmpfs tmpfs rw\n",
		},
		{
			name: "what is hidden below another mount is not cloned",
			spec: `{"mounts":[{"source":"/mnt","options":["rbind"]}]}`,
			table: sharedHost + "50 22 254:0 /var/lib /mnt/alias rw shared:1 - ext4 /dev/vda rw\n" +
				"51 22 0:70 / /mnt rw shared:31 - tmpfs tmpfs rw\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse([]byte(test.spec))
			if err != nil {
				t.Fatal(err)
			}
			table := test.table
			if table == "" {
				table = sharedHost
			}
			h := Host{Areas: hostAreas, Mounts: tableOf(t, table), Sources: selfSources(d), Runtime: RuntimeRunc}
			if test.change != nil {
				test.change(&h)
			}
			var got []string
			for _, decision := range Decide(d, h) {
				got = append(got, explain(decision))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("decisions:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
}
