package hook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/internal/mountns"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/pkg/spec"
)

// errNoSpecification says that a text is not a specification, or one whose
// meaning is in doubt.
var errNoSpecification = errors.New("not a specification that can be edited")

// rewrite applies the rules to the text of a specification: without a bind that
// covers, the result is that text.
func (c call) rewrite(text []byte) ([]byte, error) {
	document, err := spec.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoSpecification, err)
	}
	sources, err := directories(document.RecursiveSources())
	if err != nil || len(sources) == 0 {
		return text, err
	}
	table, err := mountns.OwnTable()
	if err != nil {
		return nil, err
	}
	rootfs, err := directories([]string{document.RootPath()})
	if err != nil {
		return nil, err
	}
	found := roots.Find(roots.Host{UID: os.Geteuid(), Mounts: table, Config: c.settings.Config})
	for _, warning := range found.Warnings {
		c.log.WithError(warning).Warn("looking for runtime roots")
	}
	decisions := spec.Decide(document, spec.Host{
		Areas:   found.Areas(),
		Mounts:  table,
		Sources: sources,
		Rootfs:  rootfs[document.RootPath()],
		// podman does not say which one it will call.
		Runtime:           spec.RuntimeUnknown,
		KeepReadOnly:      !c.settings.RewriteReadOnly,
		IgnoreAnnotations: !c.settings.HonorAnnotations,
	})
	for _, d := range decisions {
		c.report(document.RootPath(), d)
	}
	return document.Edit(decisions), nil
}

// directories resolves the paths that lead to directories. A relative one begins
// at the bundle, which the stage is not told of: podman writes none.
func directories(paths []string) (map[string]string, error) {
	resolved := make(map[string]string, len(paths))
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			continue
		}
		switch dir, err := linux.Directory(path); {
		case err == nil:
			resolved[path] = dir
		case !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ENOTDIR):
			return nil, fmt.Errorf("resolve %s: %w", path, err)
		}
	}
	return resolved, nil
}

// report logs a decision. The specification does not say which container it is
// of: the root file system does.
func (c call) report(rootfs string, d spec.Decision) {
	fields := logrus.Fields{"rootfs": rootfs, "field": d.Field, "reason": string(d.Reason), "before": strings.Join(d.Before, ",")}
	if d.Source != "" {
		fields["source"], fields["destination"] = d.Source, d.Destination
	}
	if d.Action == spec.ActionRewrite {
		fields["after"] = strings.Join(d.After, ",")
	}
	entry := c.log.WithFields(fields)
	switch private := d.Unprotected(); {
	case private != nil:
		entry.WithField("private", strings.Join(private, " ")).Warn("the bind keeps copies below private mounts of the host")
	case d.Action == spec.ActionRewrite:
		entry.Info("rewritten")
	case d.Reason != spec.ReasonReceives:
		entry.Info("bind left as it is")
	}
}
