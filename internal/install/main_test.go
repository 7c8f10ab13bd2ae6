package install_test

import (
	"context"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/unbusy/unbusy/internal/install"
)

// killAt makes the test binary carry out a plan and kill itself on the way; see
// TestKilled.
const killAt = "UNBUSY_TEST_KILL_AT"

func TestMain(m *testing.M) {
	if at, err := strconv.Atoi(os.Getenv(killAt)); err == nil {
		host, err := install.OpenHost(os.Args[1])
		if err == nil {
			_, err = install.Do(&killing{context.Background(), at}, install.Request{Engine: "docker", Host: host}, twoFiles)
		}
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killing is a context that kills the process the nth time it is asked for its
// end, which is before each file that is written.
type killing struct {
	context.Context
	left int
}

func (k *killing) Err() error {
	if k.left--; k.left == 0 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			return err
		}
		select {}
	}
	return nil
}

const (
	configFile = "/etc/engine/config"
	dropInFile = "/etc/engine/conf.d/50-unbusy.conf"
	linkFile   = "/var/lib/unbusy/wrap/crun"
)

// twoFiles plans for what engines' packages plan for.
func twoFiles(_ context.Context, request install.Request) (install.Plan, error) {
	_, now, err := request.Host.Read(configFile)
	if err != nil {
		return install.Plan{}, err
	}
	return install.Plan{Engine: request.Engine, Files: []install.File{
		{Path: linkFile, After: []byte("/usr/bin/unbusy-runtime"), Mode: os.ModeSymlink, Ours: true},
		{Path: configFile, Before: now, After: append(append([]byte{}, now...), "ours\n"...), Ours: true},
		{Path: dropInFile, After: []byte("ours\n"), Ours: true},
	}}, nil
}

// takeBack plans for twoFiles to be taken back.
func takeBack(_ context.Context, request install.Request) (install.Plan, error) {
	plan := install.Plan{Engine: request.Engine}
	for _, path := range request.Record.Paths() {
		file, err := request.Record.Undo(request.Host, path, withoutOurs)
		if err != nil {
			return plan, err
		}
		plan.Files = append(plan.Files, file)
	}
	return plan, nil
}
