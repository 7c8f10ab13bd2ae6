package taskapi

import (
	"strings"
	"testing"

	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/api/types/runc/options"
	"google.golang.org/protobuf/proto"
)

// TestInfo asks shims what they are, which needs no bundle.
func TestInfo(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, _ := unbusy(t)
	for name, stdin := range map[string][]byte{
		"without options":                     nil,
		"with options":                        marshal(t, envelope(t, &options.Options{BinaryName: "runc", SystemdCgroup: true})),
		"with a runtime that is not there":    marshal(t, envelope(t, &options.Options{BinaryName: "no-such-runtime"})),
		"with a runtime without features":     marshal(t, envelope(t, &options.Options{BinaryName: "/bin/false"})),
		"with options of a wrong type":        marshal(t, envelope(t, &options.CheckpointOptions{})),
		"with options of a type that is none": marshal(t, envelope(t, &types.Mount{})),
		"with no options at all":              []byte("{}"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situation{name, func(r *run) {
				for _, args := range [][]string{{"-info"}, {"--info", "start"}} {
					o := r.place.call(t, r.subject, command{dir: r.dir, args: args, stdin: stdin})
					if o.status == 0 {
						var info types.RuntimeInfo
						if err := proto.Unmarshal([]byte(o.stdout), &info); err != nil {
							t.Fatalf("%s: %q: %v", r.name, o.stdout, err)
						}
						if info.Version.GetVersion() == "" {
							t.Errorf("%s has no version", r.name)
						}
						info.Version = nil
						r.note("info %s", r.names.written(&info))
						o.stdout = ""
					}
					r.noteOutcome(o)
				}
			}, nil}
			s.compare(t, stage.place(), func(*run) {}, stock, recent)
		})
	}
}

// TestCommandLine calls shims as nobody should.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	stock := stock(t)
	recent, _ := unbusy(t)
	s := situation{"", func(r *run) {
		for _, args := range [][]string{
			{}, {"start"}, {"delete"}, {"-h"}, {"-help"}, {"-no-such-flag"}, {"-namespace"}, {"-id", first, "start"},
			{"-namespace", r.namespace}, {"-namespace", r.namespace, "no-such-action"}, {"-debug=perhaps", "start"},
		} {
			r.note("called with %q", args)
			r.noteOutcome(r.place.call(t, r.subject, command{dir: r.dir, args: args}))
		}
		r.noteDeleted(r.place.call(t, r.subject, command{dir: r.dir, args: []string{"-namespace", r.namespace, "delete"}}))
	}, nil}
	s.compare(t, stage.place(), func(*run) {}, stock, recent)
}

// TestVersion asks shims for their versions. Ours has another one, and says more.
func TestVersion(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	recent, _ := unbusy(t)
	r := enter(t, stage.place(), recent)
	for _, flag := range []string{"-v", "-version", "--version"} {
		o := r.place.call(t, r.subject, command{dir: r.dir, args: []string{flag}})
		if o.status != 0 || o.stderr != "" || !strings.HasPrefix(o.stdout, "containerd-shim-unbusy-v2:\n  Version:") {
			t.Errorf("%s said %+v", flag, o)
		}
		for _, word := range []string{"2.4.2", "go1."} {
			if !strings.Contains(o.stdout, word) {
				t.Errorf("%s does not say %s: %s", flag, word, o.stdout)
			}
		}
	}
}
