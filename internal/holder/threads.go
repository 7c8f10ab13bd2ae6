package holder

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"github.com/unbusy/unbusy/internal/linux"
)

// errManyThreads says that threads were left out.
var errManyThreads = errors.New("it has too many threads with directories of their own")

// threads looks at the threads that do not share directories or descriptors with
// the first.
func (l *looker) threads() {
	// As a directory it has one link more for each thread, and nearly all
	// processes have one (proc_task_getattr in fs/proc/base.c).
	info, err := os.Stat(l.dir + "task")
	if err != nil {
		l.miss(err)
		return
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Nlink <= 3 {
		return
	}
	tids, err := linux.Numbers(l.dir + "task")
	if err != nil {
		l.miss(err)
		return
	}
	looked := 0
	for _, tid := range tids {
		if tid == l.pid || l.full() || l.ctx.Err() != nil {
			continue
		}
		ownDirectories, ownDescriptors := compare(tid, l.pid)
		if !ownDirectories && !ownDescriptors {
			continue
		}
		if looked++; looked > maxThreads {
			l.miss(errManyThreads)
			return
		}
		l.thread(tid, ownDirectories, ownDescriptors)
	}
}

// compare says what a thread has of its own. Directories are looked at also if
// that cannot be told, since there are only two of them.
func compare(tid, first int) (directories, descriptors bool) {
	shared, err := linux.ShareDirectories(tid, first)
	directories = !shared || err != nil
	shared, err = linux.ShareDescriptors(tid, first)
	descriptors = !shared && err == nil
	return directories, descriptors
}

func (l *looker) thread(tid int, directories, descriptors bool) {
	dir := l.dir + "task/" + strconv.Itoa(tid) + "/"
	if directories {
		for _, what := range []string{"cwd", "root"} {
			before := len(l.uses)
			l.link(what+ofThread(tid), dir+what)
			if len(l.uses) > before && l.has(what, l.uses[before]) {
				l.uses = l.uses[:before]
			}
		}
	}
	if descriptors {
		l.descriptors(dir+"fd", ofThread(tid))
	}
}
