package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/sweep"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// Sweep detaches what is left of a container's mounts in other mount
// namespaces: owned are those that [OwnedBefore] found. The error says that nothing was
// detached, or not everything that could have been; what is left for a good
// reason is logged.
func Sweep(ctx context.Context, c Container, owned []cleanup.Owned) error {
	if sweep.Nothing(lister(c.Settings), owned) {
		return nil
	}
	report, err := sweep.Run(ctx, sweep.Request{
		Owned: owned, Detach: true, Name: sweep.NameLeft,
		Proc: c.Settings.Namespaces == config.NamespacesProc, Launch: c.Launch,
	})
	if err != nil {
		return err
	}
	logDetached(c.Log, report)
	return notDone(logLeft(c.Log, "the container's", report.Lingering()), c.Log, report)
}

// notDone logs what could not be looked at. The error says that nothing was detached,
// or what failed.
func notDone(failed []error, log *logrus.Entry, report sweep.Report) error {
	level := logrus.WarnLevel
	if mountns.Confined() {
		// In a user namespace of one's own that is so every time.
		level = logrus.DebugLevel
	}
	for _, what := range report.Incomplete {
		log.WithField("reason", what).Log(level, "not everything could be looked at")
	}
	if report.Aborted != "" {
		return fmt.Errorf("nothing was detached: %s", report.Aborted)
	}
	return errors.Join(failed...)
}

// logDetached says what was let go.
func logDetached(log *logrus.Entry, report sweep.Report) {
	for _, h := range report.Holders {
		if h.Result == cleanup.Detached {
			describe(log, h).Info("detached a copy of a container's mount")
		}
	}
}

// logLeft says what holds mounts still, and whose those are. It returns what should
// not have been left: what the rules allowed to detach.
func logLeft(log *logrus.Entry, whose string, left []sweep.Holder) []error {
	var failed []error
	for _, h := range left {
		entry := describe(log, h).WithField("reason", h.Reason)
		if len(h.Processes) > 0 {
			p := h.Processes[0]
			entry = entry.WithFields(logrus.Fields{"pid": p.PID, "command": p.Command, "unit": p.Unit, "holder": p.Container})
		}
		if h.Copy.Refusal != cleanup.Allowed {
			entry.Infof("a copy of %s mount stays", whose)
			continue
		}
		entry.Warnf("a copy of %s mount could not be detached", whose)
		failed = append(failed, fmt.Errorf("%s in %s: %s", h.Copy.Mount.Path, h.Copy.Namespace, h.Reason))
	}
	return failed
}

func describe(log *logrus.Entry, h sweep.Holder) *logrus.Entry {
	return log.WithFields(logrus.Fields{
		"mount":      strings.Join([]string{string(h.Copy.Owned.Kind), h.Copy.Owned.Path}, " "),
		"namespace":  h.Copy.Namespace.String(),
		"mountpoint": h.Copy.Mount.Path,
		"kind":       string(h.Copy.Kind),
	})
}
