package protect

import (
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/rewrite"
	"github.com/unbusy/unbusy/pkg/spec"
)

func (c Container) rewrite() {
	behaviour, known := KindOf(c.Runtime, c.Settings.Config)
	if !known {
		c.Log.WithField("runtime", c.Runtime).
			Info("nothing is rewritten for a runtime of this name; runtime_kind says what it behaves like")
		return
	}
	config := c.Config
	// Of all relative paths, crun takes just this one from the bundle
	// (src/run.c).
	if config == "config.json" {
		config = ""
	}
	decisions, err := rewrite.Do(rewrite.Request{
		Bundle:            c.Bundle,
		Config:            config,
		Runtime:           behaviour,
		KeepReadOnly:      !c.Settings.RewriteReadOnly,
		IgnoreAnnotations: !c.Settings.HonorAnnotations,
		Host:              c.host,
	})
	if err != nil {
		c.failOpen(err)
		return
	}
	for _, d := range decisions {
		c.report(d)
	}
}

func (c Container) host() ([]*mountinfo.Info, []spec.Area, error) {
	look := c.Look
	if look == nil {
		look = func() (Host, error) { return Look(c.Settings.Config) }
	}
	host, err := look()
	if err != nil {
		return nil, nil, err
	}
	for _, warning := range host.Roots.Warnings {
		c.Log.WithError(warning).Warn("looking for runtime roots")
	}
	return host.Mounts, host.Roots.Areas(), nil
}

// report logs a decision. A bind that stays although it covers, or stays
// private in spite of rslave, is what an operator wants to find later.
func (c Container) report(d spec.Decision) {
	if d.Reason == spec.ReasonReceives && d.Unprotected() == nil {
		return
	}
	entry := c.Log.WithFields(logrus.Fields{
		"field":  d.Field,
		"reason": string(d.Reason),
		"before": strings.Join(d.Before, ","),
	})
	if d.Source != "" {
		entry = entry.WithFields(logrus.Fields{"source": d.Source, "destination": d.Destination})
	}
	if len(d.Covers) > 0 {
		entry = entry.WithField("covers", filepath.Join(d.Covers[0].Root, d.Covers[0].Owner))
	}
	if private := d.Unprotected(); private != nil {
		entry = entry.WithField("private", strings.Join(private, " "))
	}
	switch {
	case d.Action != spec.ActionRewrite:
		entry.Info("bind left as it is")
	case d.Unprotected() != nil:
		entry.WithField("after", strings.Join(d.After, ",")).
			Warn("bind rewritten, but it keeps copies below private mounts of the host")
	default:
		entry.WithField("after", strings.Join(d.After, ",")).Info("rewritten")
	}
}
