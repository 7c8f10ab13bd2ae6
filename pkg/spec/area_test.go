package spec

import "testing"

func TestAreaCovers(t *testing.T) {
	docker := Area{Root: "/var/lib/docker", Owner: "overlay2/*"}
	csi := Area{Root: "/var/lib/kubelet", Owner: "plugins/kubernetes.io/csi/*/*"}
	for _, test := range []struct {
		name string
		area Area
		dir  string
		want bool
	}{
		{"the host's root", docker, "/", true},
		{"an ancestor of the root", docker, "/var", true},
		{"the root", docker, "/var/lib/docker", true},
		{"the directory of all owners", docker, "/var/lib/docker/overlay2", true},
		{"an owner's directory", docker, "/var/lib/docker/overlay2/abc", false},
		{"below an owner's directory", docker, "/var/lib/docker/overlay2/abc/merged", false},
		{"a sibling inside the root", docker, "/var/lib/docker/tmp", false},
		{"a name that only begins like the root", docker, "/var/lib/docker-old", false},
		{"a name that the root only begins with", docker, "/var/lib/dock", false},
		{"elsewhere", docker, "/srv", false},
		{"above a wildcard", csi, "/var/lib/kubelet/plugins/kubernetes.io/csi", true},
		{"one wildcard deep", csi, "/var/lib/kubelet/plugins/kubernetes.io/csi/ebs", true},
		{"at the owner depth of two wildcards", csi, "/var/lib/kubelet/plugins/kubernetes.io/csi/ebs/hash", false},
		{"another branch", csi, "/var/lib/kubelet/plugins/ebs.csi.aws.com", false},
		{"a root that is called *", Area{Root: "/*", Owner: "pods/*"}, "/srv", false},
		{"a root that is called *, itself", Area{Root: "/*", Owner: "pods/*"}, "/*/pods", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.area.Covers(test.dir); got != test.want {
				t.Errorf("%+v covers %s: %v, want %v", test.area, test.dir, got, test.want)
			}
		})
	}
}
