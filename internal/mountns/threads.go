package mountns

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/internal/linux"
	"golang.org/x/sys/unix"
)

// Thread is a thread of a process and the mount namespace it is in.
type Thread struct {
	PID, TID int
	// Namespace is the inode number of the namespace.
	Namespace uint64
}

// dir is the thread's directory below /proc.
func (t Thread) dir() string {
	return strconv.Itoa(t.PID) + "/task/" + strconv.Itoa(t.TID)
}

// errNotListed says that a process has threads that are not known.
var errNotListed = errors.New("its threads cannot be listed")

// Threads returns all threads that /proc shows. An error that comes with a
// Thread says that its namespace cannot be read, although the thread is there;
// one without that /proc cannot be. Threads that are made or end meanwhile may be
// there or not.
func Threads() iter.Seq2[Thread, error] {
	return everybodys(each)
}

// everybodys are the threads that of yields of each process.
func everybodys(of func(pid int, yield func(Thread, error) bool) bool) iter.Seq2[Thread, error] {
	return func(yield func(Thread, error) bool) {
		pids, err := linux.Numbers("/proc")
		if err != nil {
			yield(Thread{}, err)
			return
		}
		for _, pid := range pids {
			if !of(pid, yield) {
				return
			}
		}
	}
}

// ThreadsOf are those of some processes.
func ThreadsOf(pids []int) iter.Seq2[Thread, error] {
	return func(yield func(Thread, error) bool) {
		for _, pid := range pids {
			if !each(pid, yield) {
				return
			}
		}
	}
}

// each yields the threads of a process and reports whether more are wanted.
func each(pid int, yield func(Thread, error) bool) bool {
	tids, err := threadsOf(pid)
	if isGone(err) {
		return true
	}
	if err != nil {
		return yield(Thread{PID: pid, TID: pid}, fmt.Errorf("%w: %w", errNotListed, err))
	}
	for _, tid := range tids {
		t := Thread{PID: pid, TID: tid}
		t.Namespace, err = linkedNamespace("/proc/" + t.dir() + "/ns/mnt")
		if isGone(err) {
			continue
		}
		if !yield(t, err) {
			return false
		}
	}
	return true
}

// Leaders are the threads that their processes began with, which takes half of the
// time that Threads takes. Of a process that goes on without it all threads are
// returned.
func Leaders() iter.Seq2[Thread, error] {
	return everybodys(func(pid int, yield func(Thread, error) bool) bool {
		t := Thread{PID: pid, TID: pid}
		var err error
		t.Namespace, err = linkedNamespace("/proc/" + strconv.Itoa(pid) + "/ns/mnt")
		if isGone(err) {
			return each(pid, yield)
		}
		return yield(t, err)
	})
}

// Seen goes through threads once, and returns what it found as often as one likes.
func Seen(threads iter.Seq2[Thread, error]) iter.Seq2[Thread, error] {
	type found struct {
		Thread
		err error
	}
	var all []found
	for t, err := range threads {
		all = append(all, found{t, err})
	}
	return func(yield func(Thread, error) bool) {
		for _, f := range all {
			if !yield(f.Thread, f.err) {
				return
			}
		}
	}
}

// threadsOf lists the threads of a process.
func threadsOf(pid int) ([]int, error) {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	// As a directory it has one link more for each thread, and nearly all
	// processes have one (proc_task_getattr in fs/proc/base.c): its own number.
	var stat unix.Stat_t
	if err := unix.Stat(dir, &stat); err == nil && stat.Nlink == 3 {
		return []int{pid}, nil
	}
	return linux.Numbers(dir)
}

// linkedNamespace is the inode number of the namespace that a link of /proc
// names.
func linkedNamespace(link string) (uint64, error) {
	text, err := os.Readlink(link)
	if err != nil {
		return 0, err
	}
	inode, ok := namespaceName(text)
	if !ok {
		return 0, fmt.Errorf("%s is %q: %w", link, text, errNotMountNamespace)
	}
	return inode, nil
}

// namespaceName takes "mnt:[4026531832]" apart.
func namespaceName(text string) (inode uint64, ok bool) {
	text, ok = strings.CutPrefix(text, "mnt:[")
	if !ok {
		return 0, false
	}
	text, ok = strings.CutSuffix(text, "]")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(text, 10, 64)
	return inode, err == nil
}
