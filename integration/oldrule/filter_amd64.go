package oldrule

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watched are the calls by which a name goes away.
var watched = []uint32{
	unix.SYS_RMDIR, unix.SYS_UNLINK, unix.SYS_RENAME,
	unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2,
}

// Offsets in the kernel's struct seccomp_data.
const (
	offsetOfCall         = 0
	offsetOfArchitecture = 4
)

// filter makes the thread, and all that it executes and forks, wait at the
// watched calls for an answer through the descriptor that it returns. It stays
// locked to its thread.
func filter() (int, error) {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	answer := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	program := []unix.SockFilter{
		load(offsetOfArchitecture),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.AUDIT_ARCH_X86_64, Jt: 1},
		answer(unix.SECCOMP_RET_ALLOW),
		load(offsetOfCall),
	}
	for _, call := range watched {
		program = append(program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
			answer(unix.SECCOMP_RET_USER_NOTIF))
	}
	program = append(program, answer(unix.SECCOMP_RET_ALLOW))

	runtime.LockOSThread()
	// A signal must not make a call begin anew that is being answered: Go's own
	// programs get one every few milliseconds.
	flags := unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// names are what a call takes away, or puts something else in the place of.
func names(call *notification) []name {
	const here = unix.AT_FDCWD
	a := call.args
	switch call.nr {
	case unix.SYS_RMDIR, unix.SYS_UNLINK:
		return []name{{here, a[0]}}
	case unix.SYS_RENAME:
		return []name{{here, a[0]}, {here, a[1]}}
	case unix.SYS_UNLINKAT:
		return []name{{int32(a[0]), a[1]}}
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		return []name{{int32(a[0]), a[1]}, {int32(a[2]), a[3]}}
	}
	return nil
}
