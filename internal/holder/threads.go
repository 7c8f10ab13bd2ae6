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
// the first. If that has no program any more, the next one stands for it.
func (l *looker) threads(program bool) {
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
	looked, first := 0, l.pid
	for _, tid := range tids {
		if tid == l.pid || l.full() || l.ctx.Err() != nil {
			continue
		}
		if !program && l.link("exe", l.task(tid)+"exe") {
			program, first = true, tid
			l.thread(tid, true, true)
			l.maps(procDir(tid))
			continue
		}
		ownDirectories, ownDescriptors := compare(tid, first)
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
	dir := l.task(tid)
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

// task is the directory of a thread, with a slash at its end.
func (l *looker) task(tid int) string { return l.dir + "task/" + strconv.Itoa(tid) + "/" }
