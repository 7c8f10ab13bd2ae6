package shim

import (
	"context"
	"fmt"

	"github.com/sirupsen/logrus"

	"github.com/containerd/log"
)

// entry says in the shim's log, which containerd takes into its own, who speaks.
func entry(log *logrus.Entry) *logrus.Entry { return log.WithField("program", program) }

func logOf(ctx context.Context, id string) *logrus.Entry {
	return entry(log.G(ctx)).WithField("container", id)
}

// guarded calls f, of which a panic is logged and goes no further.
func guarded(log *logrus.Entry, f func()) {
	defer func() {
		if r := recover(); r != nil {
			log.WithField(logrus.ErrorKey, fmt.Sprint("panic: ", r)).Error("unbusy did nothing for a container")
		}
	}()
	f()
}
