package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/pkg/mount"
)

// engineWithContainer is the namespace of an engine that runs a container.
const engineWithContainer = `
	1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
	2 1 0:40 / /var/lib/docker/overlay2/x/merged rw shared:9 - overlay overlay rw
	3 1 0:41 / /mnt rw shared:8 - tmpfs tmpfs rw`

func TestFollowingCopies(t *testing.T) {
	for _, test := range []struct {
		name, table string
		protected   string
		want        []uint64
	}{
		{"a slave", "11 0 8:1 / / rw master:1 - ext4 /dev/sda1 rw", "", []uint64{12}},
		{"a peer", "11 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw", "", []uint64{12}},
		{"private", "11 0 8:1 / / rw - ext4 /dev/sda1 rw", "", nil},
		{"of somebody else's", "11 0 8:1 / / rw shared:5 master:4 - ext4 /dev/sda1 rw", "", nil},
		{"an engine's", "11 0 8:1 / / rw master:1 - ext4 /dev/sda1 rw", "dockerd (pid 3)", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := namespace(t, 1, engineWithContainer)
			engine.Engine, engine.Protected = true, "dockerd (pid 2)"
			agent := namespace(t, 2, test.table+`
				12 11 0:40 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
				13 11 0:41 / /mnt rw - tmpfs tmpfs rw`)
			agent.Protected = test.protected
			copies := followingCopies(hostWith(engine, agent))
			if got := slices.Sorted(maps.Keys(copies)); !slices.Equal(got, test.want) {
				t.Errorf("follow: %v, want %v", got, test.want)
			}
			for id, original := range copies {
				if original.path != "/var/lib/docker/overlay2/x/merged" {
					t.Errorf("mount %d is a copy of %s", id, original.path)
				}
			}
		})
	}
}

func TestUsersOf(t *testing.T) {
	device := mount.Device{Minor: 40}
	copies := following{12: {device, "/a"}, 13: {device, "/b"}}
	use := func(pid int, id uint64) holder.Use {
		return holder.Use{PID: pid, What: "cwd", MountID: id, Device: device}
	}
	describe := func(pid int) (holder.Process, error) {
		if pid == 99 {
			return holder.Process{}, holder.ErrEnded
		}
		return holder.Process{PID: pid, Command: "tail -f", Unit: "log.service"}, nil
	}
	many := func(n int) (uses []holder.Use) {
		for i := range n {
			uses = append(uses, use(1000+i, 12))
		}
		return uses
	}
	for _, test := range []struct {
		name string
		uses []holder.Use
		want []string
	}{
		{"nobody", nil, nil},
		{"one", []holder.Use{use(7, 12)}, []string{"warning copy-in-use: process 7 (tail -f) of log.service works in its copy of /a,"}},
		{"two things of one", []holder.Use{use(7, 13), use(7, 12), use(7, 12)}, []string{"warning copy-in-use: of /a, /b, or has"}},
		{"of another mount", []holder.Use{use(7, 14), use(7, 0)}, nil},
		{"of another superblock", []holder.Use{{PID: 7, MountID: 12, Device: mount.Device{Minor: 50}}}, nil},
		{"ended", []holder.Use{use(99, 12)}, nil},
		{"many", many(mostUsers + 5), append(slices.Repeat([]string{"warning copy-in-use: process 10"}, mostUsers), "warning copy-in-use: 5 more processes")},
	} {
		t.Run(test.name, func(t *testing.T) {
			requireFindings(t, usersOf(copies, test.uses, describe), test.want...)
		})
	}
}

func TestUsersOfMuch(t *testing.T) {
	copies, uses := make(following), []holder.Use(nil)
	for i := range uint64(5) {
		copies[i+1] = followed{path: fmt.Sprint("/", i)}
		uses = append(uses, holder.Use{PID: 7, MountID: i + 1})
	}
	found := usersOf(copies, uses, func(int) (holder.Process, error) { return holder.Process{PID: 7}, nil })
	if len(found) != 1 || !strings.Contains(found[0].Evidence, "/0, /1, /2 and 2 more") {
		t.Errorf("found %+v", found)
	}
}
