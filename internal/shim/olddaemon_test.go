package shim

import (
	"testing"

	"github.com/containerd/containerd/api/runtime/bootstrap/v1"
	"github.com/containerd/containerd/api/types/runc/options"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

func TestIsOldDaemons(t *testing.T) {
	inv := invocation{namespace: "n", id: "a"}
	marshal := func(m proto.Message) []byte {
		t.Helper()
		text, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	runcOptions, err := anypb.New(&options.Options{BinaryName: "crun", ShimCgroup: "/c"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		input []byte
		want  bool
	}{
		"2.3":                       {marshal(&bootstrap.BootstrapParams{InstanceID: "a", Namespace: "n"}), false},
		"another container's":       {marshal(&bootstrap.BootstrapParams{InstanceID: "b", Namespace: "n"}), false},
		"another namespace's":       {marshal(&bootstrap.BootstrapParams{InstanceID: "a", Namespace: "m"}), false},
		"1.6":                       {marshal(runcOptions), true},
		"1.6, no options":           {nil, true},
		"a type nobody knows":       {marshal(&anypb.Any{TypeUrl: "some.Options", Value: []byte("x")}), false},
		"what is no message at all": {[]byte("\xff\xff\xff"), false},
	} {
		if got := isOldDaemons(test.input, inv); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
