package roots

import (
	"path/filepath"
	"strings"
)

// What is read of a process, whose name and arguments are its own choice.
const (
	maxComm      = 64
	maxArguments = 64 << 10
)

// process is a process by its command line.
type process struct {
	pid  string
	name string // what the kernel calls it, the first 15 bytes of its file's
	args []string
}

// process reads what one process is, unless it has none of the names, if there
// are any. Its name comes first and from the kernel,
// for most processes are of no interest: the command line is in the process's
// own memory, which the kernel has to lock to read it.
func (t *tree) process(pid string, names ...string) (process, bool) {
	comm, _, err := t.head("/proc/"+pid+"/comm", maxComm)
	if err != nil {
		return process{}, false
	}
	p := process{pid: pid, name: strings.TrimSuffix(string(comm), "\n")}
	if len(names) > 0 && !p.is(names...) {
		return process{}, false
	}
	line, truncated, err := t.head("/proc/"+pid+"/cmdline", maxArguments)
	if err != nil {
		return process{}, false
	}
	p.args = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	if truncated {
		p.args = p.args[:len(p.args)-1]
	}
	return p, true
}

// is says whether the process goes by one of the names, the kernel's or the
// one it was started under: a wrapper script may have renamed the binary.
func (p process) is(names ...string) bool {
	for _, name := range names {
		if p.name == name || len(p.args) > 0 && filepath.Base(p.args[0]) == name {
			return true
		}
	}
	return false
}

// source is the source for what a flag of the process says.
func (p process) source(flag string) source {
	return source{byProcess, "pid " + p.pid + ": " + p.name + " " + flag}
}
