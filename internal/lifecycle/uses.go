package lifecycle

import (
	"context"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// NameUsers logs which processes keep a file system that ought to have ended and
// that no mount table has any more: one in which they have a working directory or
// an open file stays as long as they do.
func NameUsers(ctx context.Context, c Container, owned []cleanup.Owned) error {
	report, err := sweep.Run(ctx, sweep.Request{
		Owned: owned, Name: sweep.NameAlways,
		Proc: c.Settings.Namespaces == config.NamespacesProc, Launch: c.Launch,
	})
	if err != nil {
		return err
	}
	for _, p := range report.Users {
		c.Log.WithFields(logrus.Fields{"pid": p.PID, "command": p.Command, "unit": p.Unit, "holder": p.Container}).
			Info("a process uses the ended container's files")
	}
	return nil
}
