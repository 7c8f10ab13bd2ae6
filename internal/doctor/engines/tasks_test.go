package engines

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestTasksIn(t *testing.T) {
	self := strconv.Itoa(os.Getpid())
	state := tree(t, map[string]string{
		tasksDir + "/k8s.io/a/init.pid":         self + "\n",
		tasksDir + "/k8s.io/a/shim-binary-path": "/usr/bin/containerd-shim-runc-v2",
		tasksDir + "/k8s.io/a/runtime":          "runc",
		tasksDir + "/k8s.io/ended/init.pid":     "0",
		tasksDir + "/k8s.io/made/config.json":   "{}",
		tasksDir + "/moby/b/init.pid":           self,
	})
	found := tasksIn(state)
	want := task{"k8s.io", "a", filepath.Join(state, tasksDir, "k8s.io/a"), os.Getpid(), "/usr/bin/containerd-shim-runc-v2", "runc"}
	if len(found) != 2 || found[0] != want || found[0].isDockers() || !found[1].isDockers() {
		t.Errorf("%+v", found)
	}
}

func TestOldTasks(t *testing.T) {
	const stock = "/usr/bin/containerd-shim-runc-v2"
	dir := tree(t, map[string]string{"unbusy-runtime": "", "containerd-shim-unbusy-v2": ""})
	for link, to := range map[string]string{"crun": "unbusy-runtime", "containerd-shim-runc-v2": "containerd-shim-unbusy-v2"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		task task
		want bool
	}{
		{task{namespace: "k8s.io", id: "x", shim: stock}, true},
		{task{namespace: "k8s.io", id: "x", shim: stock, binary: "/usr/sbin/runc"}, true},
		{task{namespace: "k8s.io", id: "x", shim: stock, binary: "/usr/bin/unbusy-runtime"}, false},
		{task{namespace: "k8s.io", id: "x", shim: stock, binary: dir + "/crun"}, false},
		{task{namespace: "k8s.io", id: "x", shim: stock, binary: "/usr/bin/runsc"}, false},
		{task{namespace: "k8s.io", id: "x", shim: dir + "/containerd-shim-unbusy-v2"}, false},
		{task{namespace: "k8s.io", id: "x", shim: dir + "/containerd-shim-runc-v2"}, false},
		{task{namespace: "k8s.io", id: "x", shim: "/usr/bin/containerd-shim-kata-v2"}, false},
		{task{namespace: "k8s.io", id: "x"}, false},
		{task{namespace: "moby", id: "x", shim: stock, binary: "runc"}, false},
	} {
		found := containerd{tasks: []task{test.task}}.oldTasks()
		if (len(found) == 1) != test.want {
			t.Errorf("%+v: %+v", test.task, found)
		}
		if len(found) == 1 && !strings.Contains(found[0].Evidence, "k8s.io/x") {
			t.Errorf("%+v: %+v", test.task, found)
		}
	}
}
