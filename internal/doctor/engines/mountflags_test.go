package engines

import "testing"

func TestUnitSetting(t *testing.T) {
	const unit = "[Unit]\nMountFlags=slave\n[Service]\nExecStart=/usr/bin/dockerd\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"none", nil, ""},
		{"a unit without", map[string]string{"/lib/systemd/system/docker.service": unit}, ""},
		{
			"in the unit", map[string]string{"/lib/systemd/system/docker.service": unit + "# MountFlags=private\n MountFlags = slave \n"},
			"MountFlags=slave in /lib/systemd/system/docker.service",
		},
		{"shared", map[string]string{"/lib/systemd/system/docker.service": unit + "MountFlags=shared\n"}, ""},
		{
			"a unit that hides another", map[string]string{
				"/lib/systemd/system/docker.service": unit + "MountFlags=slave\n",
				"/etc/systemd/system/docker.service": unit,
			}, "",
		},
		{
			"a drop-in", map[string]string{
				"/lib/systemd/system/docker.service":              unit,
				"/etc/systemd/system/docker.service.d/mount.conf": "[Service]\nMountFlags=private\n",
			},
			"MountFlags=private in /etc/systemd/system/docker.service.d/mount.conf",
		},
		{
			"a drop-in that takes it back", map[string]string{
				"/lib/systemd/system/docker.service":              unit + "MountFlags=slave\n",
				"/run/systemd/system/docker.service.d/mount.conf": "[Service]\nMountFlags=\n",
			}, "",
		},
		{
			"a drop-in that hides one", map[string]string{
				"/usr/lib/systemd/system/docker.service.d/10.conf": "[Service]\nMountFlags=slave\n",
				"/etc/systemd/system/docker.service.d/10.conf":     "[Service]\n",
			}, "",
		},
		{
			"the last drop-in counts", map[string]string{
				"/etc/systemd/system/docker.service.d/10.conf": "[Service]\nMountFlags=\n",
				"/lib/systemd/system/docker.service.d/20.conf": "[Service]\nMountFlags=slave\n",
			},
			"MountFlags=slave in /lib/systemd/system/docker.service.d/20.conf",
		},
		{
			"another setting", map[string]string{"/lib/systemd/system/docker.service": unit + "PrivateTmp=yes\n"},
			"PrivateTmp=yes in /lib/systemd/system/docker.service",
		},
		{"another unit", map[string]string{"/lib/systemd/system/nginx.service": unit + "MountFlags=slave\n"}, ""},
	} {
		if got := unitSetting(tree(t, test.files), "docker.service"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
