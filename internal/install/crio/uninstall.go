package crio

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
	"github.com/unbusy/unbusy/internal/roots"
	"github.com/unbusy/unbusy/internal/tomledit"
)

// Uninstall plans for CRI-O's configuration to be as it was. As long as there
// are containers of pods that asked for the handler, its name stays, for what
// was behind it: without the name CRI-O does not know them any more.
func Uninstall(ctx context.Context, request install.Request) (install.Plan, error) {
	host := request.Host
	p, err := findPlace(host, request.Config)
	if err != nil {
		return install.Plan{}, err
	}
	plan := install.Plan{Engine: engine}
	var kept []string
	if plan.Files, kept, err = request.Remove(p.target, remove); err != nil {
		return install.Plan{}, err
	}
	if len(kept) > 0 {
		plan.Notes = append(plan.Notes,
			fmt.Sprintf("the handler %q stays, now for the runtime that was behind unbusy-runtime: CRI-O would not know these containers without it: %s",
				ours, strings.Join(kept, ", ")),
			"once their pods are removed, run unbusy uninstall crio again")
	}
	switch {
	case plan.Changes():
		addCheck(ctx, host, p, &plan)
		plan.Notes = append(plan.Notes, "run: systemctl restart crio; running containers go on undisturbed; until then CRI-O goes on calling unbusy-runtime, which must stay where it is")
	case len(kept) == 0:
		plan.Notes = append(plan.Notes, "not installed; nothing was changed")
	}
	return plan, nil
}

// remove plans for one file, and returns the containers because of which the
// handler's name has to stay.
func remove(request install.Request, path string) (install.File, []string, error) {
	host := request.Host
	path, now, err := host.Read(path)
	if err != nil {
		return install.File{}, nil, err
	}
	doc, err := install.ParseTOML(path, now)
	if err != nil {
		return install.File{}, nil, err
	}
	var kept []string
	if _, there := doc.Get(table()...); there {
		if kept, err = users(host); err != nil {
			return install.File{}, nil, err
		}
	}
	if len(kept) == 0 {
		file, err := request.Record.Undo(host, path, func(now, original []byte) ([]byte, error) { return takeOut(path, now, original) })
		return file, nil, err
	}
	file := install.File{Path: path, Before: now, Ours: request.Record.Has(path)}
	if old := doc.String(append(table(), "runtime_path")...); host.IsOurs(old) {
		wrapped, err := host.Wrapped(old)
		if err == nil {
			err = doc.Set(wrapped, append(table(), "runtime_path")...)
		}
		if err != nil {
			return file, nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	err = defaultAgain(doc, path, request.Record.Original(path))
	file.After = doc.Bytes()
	return file, kept, err
}

// takeOut takes unbusy out of a file.
func takeOut(path string, now, original []byte) ([]byte, error) {
	doc, err := install.ParseTOML(path, now)
	if err != nil {
		return nil, err
	}
	if _, there := doc.Get(table()...); !there {
		return now, nil
	}
	if err := defaultAgain(doc, path, original); err != nil {
		return nil, err
	}
	had, err := install.ParseTOML(path, original)
	if err != nil {
		return nil, err
	}
	for n := len(table()); n > 0; n-- {
		at := table()[:n]
		if _, before := had.Get(at...); n < len(table()) && (before || len(doc.Table(at...)) > 0) {
			break
		}
		if _, err := doc.Remove(at...); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if original == nil && install.IsEmptyTOML(doc.Bytes(), header) {
		return nil, nil
	}
	return doc.Bytes(), nil
}

// defaultAgain makes the default runtime what it was before in this file.
func defaultAgain(doc *tomledit.Document, path string, original []byte) error {
	key := []string{"crio", "runtime", "default_runtime"}
	if doc.String(key...) != ours {
		return nil
	}
	had, err := install.ParseTOML(path, original)
	if err != nil {
		return err
	}
	if name := had.String(key...); name != "" && name != ours {
		err = doc.Set(name, key...)
	} else {
		_, err = doc.Remove(key...)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// users are the containers of pods that asked for the handler. A pod that asked
// for none is CRI-O's default runtime's, whichever that is.
func users(host *install.Host) ([]string, error) {
	prefix := host.Prefix()
	if prefix == "/" {
		prefix = ""
	}
	var found []string
	for _, root := range roots.Find(roots.Host{Prefix: prefix, UID: os.Geteuid()}).Roots {
		if root.Engine != roots.CRIO && root.Engine != roots.Podman || root.Kind != roots.GraphRoot {
			continue
		}
		dir := path.Join(root.Resolved, "overlay-containers")
		ids, err := host.Names(dir)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			name, err := user(host, path.Join(dir, id, "userdata", "config.json"))
			if err != nil {
				return nil, err
			}
			if name != "" {
				found = append(found, name)
			}
		}
	}
	return found, nil
}

// user is the name of a container of a pod that asked for the handler, empty for
// others.
func user(host *install.Host, file string) (string, error) {
	path, text, err := host.Read(file)
	if err != nil || text == nil {
		return "", err
	}
	var spec struct {
		Annotations map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(text, &spec); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if spec.Annotations["io.kubernetes.cri-o.RuntimeHandler"] != ours {
		return "", nil
	}
	return spec.Annotations["io.kubernetes.cri-o.Name"], nil
}
