package protect

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/pkg/spec"
)

func TestKindOf(t *testing.T) {
	link := filepath.Join(t.TempDir(), "oci-runtime")
	target := filepath.Join(t.TempDir(), "crun")
	if err := os.WriteFile(target, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		runtime, configured string
		want                spec.Runtime
	}{
		{"/nowhere/runc", "", spec.RuntimeRunc},
		{"/nowhere/docker-runc", "", spec.RuntimeRunc},
		{"/nowhere/crun", "", spec.RuntimeCrun},
		{link, "", spec.RuntimeCrun},
		{"/nowhere/runsc", "", spec.RuntimeUnknown},
		{"/nowhere/myrunc", config.KindRunc, spec.RuntimeRunc},
		{"/nowhere/myrunc", config.KindCrun, spec.RuntimeCrun},
		{"/nowhere/runc", config.KindCrun, spec.RuntimeRunc},
	} {
		got, known := KindOf(test.runtime, config.Config{RuntimeKind: test.configured})
		if got != test.want || known != (test.want != spec.RuntimeUnknown) {
			t.Errorf("%+v: got %q, %v", test, got, known)
		}
	}
}
