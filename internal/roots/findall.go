package roots

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/moby/sys/mountinfo"
)

const (
	// maxSearch bounds the full search, whatever the caller allows. It is
	// done in some tens of milliseconds on a host of thousands of processes;
	// only a file system that does not answer takes longer.
	maxSearch = 5 * time.Second
	// maxProcesses is more than there can be on Linux by default.
	maxProcesses = 1 << 16
	// maxMountTable is what is read of a process's mount table to find its
	// root directory, which comes first or nearly so.
	maxMountTable = 256 << 10
)

// FindAll is Find together with the command lines of the engines that run, and
// the files these name. That takes a walk over all processes, so it is for a
// command that somebody waits for.
//
// An engine in another root file system than the host's is passed over: its
// paths are not the host's, and what it mounts is not at those paths here.
//
// When ctx ends, or after five seconds, FindAll returns what it has, or what
// Find does, and a warning. It may leave a goroutine behind in that case, stuck
// in a system call for good.
func FindAll(ctx context.Context, host Host) Result {
	ctx, cancel := context.WithTimeout(ctx, maxSearch)
	defer cancel()
	done := make(chan Result, 1)
	go func() {
		f := newFinder(host)
		f.processes(ctx)
		f.find()
		done <- f.result()
	}()
	select {
	case result := <-done:
		return result
	case <-ctx.Done():
		result := Find(host)
		result.Warnings = append(result.Warnings, gaveUp(ctx))
		return result
	}
}

func gaveUp(ctx context.Context) error {
	return fmt.Errorf("search running engines: %w", context.Cause(ctx))
}

// daemons are the names of the processes that are of interest.
var daemons = []string{
	"dockerd", "containerd", "crio", "kubelet", "buildkitd", "conmon",
	"k3s", "k3s-server", "k3s-agent", "rke2", "k0s",
}

// processes reads the command lines of running engines.
func (f *finder) processes(ctx context.Context) {
	host, err := f.rootOf("1")
	if err != nil {
		if f.rootlessUID() == "" || !errors.Is(err, fs.ErrPermission) {
			f.warn(fmt.Errorf("search running engines: %w", err))
		}
		return
	}
	for _, pid := range f.pids() {
		if ctx.Err() != nil {
			f.warn(gaveUp(ctx))
			return
		}
		p, ok := f.tree.process(pid, daemons...)
		if !ok {
			continue
		}
		if root, err := f.rootOf(pid); err == nil && root == host {
			f.daemon(p)
		}
	}
}

// daemon learns from the command line of one engine.
func (f *finder) daemon(p process) {
	switch p.name {
	case "dockerd":
		f.dockerd(p)
	case "containerd":
		f.containerdDaemon(p)
	case "crio":
		f.crioDaemon(p)
	case "kubelet":
		f.kubeletDaemon(p)
	case "buildkitd":
		f.buildkitDaemon(p)
	case "conmon":
		f.conmon(p)
	case "k0s":
		f.k0sDaemon(p)
	default:
		f.rancherDaemon(p)
	}
}

// pids returns the numbers in /proc, in order.
func (f *finder) pids() []string {
	dir, err := os.Open(f.tree.host("/proc"))
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(maxProcesses)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	pids := names[:0]
	for _, name := range names {
		if isNumber(name) {
			pids = append(pids, name)
		}
	}
	slices.SortFunc(pids, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return pids
}

// rootDir says which directory of which file system is somebody's "/".
type rootDir struct {
	major, minor int
	root         string
}

// rootOf finds the root directory of a process in its mount table. Asking the
// directory itself, by /proc/PID/root, would be asking a file system that may
// belong to a container and may never answer.
func (f *finder) rootOf(pid string) (rootDir, error) {
	path := "/proc/" + pid + "/mountinfo"
	data, truncated, err := f.tree.head(path, maxMountTable)
	if err != nil {
		return rootDir{}, err
	}
	if truncated {
		data = data[:bytes.LastIndexByte(data, '\n')+1]
	}
	mounts, err := mountinfo.GetMountsFromReader(bytes.NewReader(data), func(m *mountinfo.Info) (skip, stop bool) {
		return m.Mountpoint != "/", false
	})
	if err != nil {
		return rootDir{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(mounts) == 0 {
		return rootDir{}, fmt.Errorf("%s: no root directory", path)
	}
	// The last one is on top.
	top := mounts[len(mounts)-1]
	return rootDir{top.Major, top.Minor, top.Root}, nil
}
