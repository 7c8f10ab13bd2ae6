package ask

import "testing"

func TestPodmanTmpDir(t *testing.T) {
	for _, test := range []struct {
		uid               int
		rootless, runtime string
		want              string
	}{
		{0, "", "", "/run/libpod"},
		{0, "0", "/run/user/0", "/run/libpod"},
		{0, "1000", "/run/user/1000", "/run/user/1000/libpod/tmp"},
		{1000, "", "/own", "/own/libpod/tmp"},
		{1000, "", "", "/run/user/1000/libpod/tmp"},
	} {
		env := map[string]string{"_CONTAINERS_ROOTLESS_UID": test.rootless, "XDG_RUNTIME_DIR": test.runtime}
		if got := podmanTmpDir(test.uid, func(name string) string { return env[name] }); got != test.want {
			t.Errorf("user %d, %v: %s, want %s", test.uid, env, got, test.want)
		}
	}
}
