package spec

import (
	"testing"

	"github.com/moby/sys/mountinfo"
)

func rewritten(t *testing.T, text string, runtime Runtime) string {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	h := Host{Areas: hostAreas, Mounts: []*mountinfo.Info{}, Sources: selfSources(d), Runtime: runtime}
	return string(d.Edit(Decide(d, h)))
}

func TestEdit(t *testing.T) {
	for _, test := range []struct {
		name    string
		runtime Runtime
		text    string
		want    string
	}{
		{
			name:    "nothing to change",
			runtime: RuntimeCrun,
			text:    "{ \"mounts\" : [ {\"source\":\"/srv\",\"options\":[\"rbind\",\"rprivate\"]} ] }\n\n",
			want:    "{ \"mounts\" : [ {\"source\":\"/srv\",\"options\":[\"rbind\",\"rprivate\"]} ] }\n\n",
		},
		{
			name:    "a spec from the future",
			runtime: RuntimeRunc,
			text: `{"ociVersion":"9.0.0","future":{"n":18446744073709551616,"e":1.0E+02,"z":-0},
 "mounts":[{"destination":"/host","source":"/","options":["rbind","rprivate"],"later":[null,{"deep":1e400}]}],"linux":{"tomorrow":[]}}`,
			want: `{"ociVersion":"9.0.0","future":{"n":18446744073709551616,"e":1.0E+02,"z":-0},
 "mounts":[{"destination":"/host","source":"/","options":["rbind","rslave"],"later":[null,{"deep":1e400}]}],"linux":{"tomorrow":[]}}`,
		},
		{
			name:    "escapes of other options stay",
			runtime: RuntimeRunc,
			text:    `{"mounts":[{"options":["\u0072bind","rpri\u0076ate","x\/y"],"source":"\/"}]}`,
			want:    `{"mounts":[{"options":["\u0072bind","x\/y","rslave"],"source":"\/"}]}`,
		},
		{
			name:    "rootfsPropagation is replaced",
			runtime: RuntimeRunc,
			text:    `{"linux":{"rootfsPropagation" : "private","x":1},"mounts":[{"source":"/","options":["rbind"]}]}`,
			want:    `{"linux":{"rootfsPropagation" : "rslave","x":1},"mounts":[{"source":"/","options":["rbind","rslave"]}]}`,
		},
		{
			name:    "rootfsPropagation is added",
			runtime: RuntimeCrun,
			text:    `{"linux":{ "x":1},"mounts":[{"source":"/","options":["rbind"]}]}`,
			want:    `{"linux":{"rootfsPropagation":"rslave", "x":1},"mounts":[{"source":"/","options":["rbind","rslave"]}]}`,
		},
		{
			name:    "rootfsPropagation is added to an empty object",
			runtime: RuntimeCrun,
			text:    `{"linux":{ },"mounts":[{"source":"/","options":["rbind"]}]}`,
			want:    `{"linux":{"rootfsPropagation":"rslave" },"mounts":[{"source":"/","options":["rbind","rslave"]}]}`,
		},
		{
			name:    "linux is null",
			runtime: RuntimeCrun,
			text:    `{"linux":null,"mounts":[{"source":"/","options":["rbind"]}]}`,
			want:    `{"linux":{"rootfsPropagation":"rslave"},"mounts":[{"source":"/","options":["rbind","rslave"]}]}`,
		},
		{
			name:    "linux is absent, and a bind is pinned",
			runtime: RuntimeCrun,
			text:    `{"mounts":[{"source":"/x","options":["bind"]},{"source":"/","options":["rbind"]}]}`,
			want:    `{"linux":{"rootfsPropagation":"rslave"},"mounts":[{"source":"/x","options":["bind","rprivate"]},{"source":"/","options":["rbind","rslave"]}]}`,
		},
		{
			name:    "rootfsPropagation is null",
			runtime: RuntimeCrun,
			text:    `{"linux":{"rootfsPropagation":null},"mounts":[{"source":"/","options":["rbind"]}]}`,
			want:    `{"linux":{"rootfsPropagation":"rslave"},"mounts":[{"source":"/","options":["rbind","rslave"]}]}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := rewritten(t, test.text, test.runtime)
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if again := rewritten(t, got, test.runtime); again != got {
				t.Errorf("a second edit changes it again: %s", again)
			}
		})
	}
}
