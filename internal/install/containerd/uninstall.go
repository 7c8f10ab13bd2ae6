package containerd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/unbusy/unbusy/internal/install"
)

// maxNamed is how many containers are named.
const maxNamed = 5

// Uninstall plans for containerd's configuration to be as it was. As long as
// there are pods that were started with our shim, the handler "unbusy" stays, as
// one without it: in a pod whose handler it does not know, containerd starts no
// container any more (containerd internal/cri/server/container_create.go). A link
// by which shims were started leads to containerd's own until those are gone.
func Uninstall(ctx context.Context, request install.Request) (install.Plan, error) {
	host := request.Host
	d, err := findDaemon(ctx, request)
	if err != nil {
		return install.Plan{}, err
	}
	files, err := loadAll(host, d.config)
	if err != nil {
		return install.Plan{}, err
	}
	states := make([]string, len(files))
	for i, f := range files {
		states[i] = f.doc.String("state")
	}
	needing, err := findNeeding(ctx, host, states, slices.DeleteFunc(request.Record.Paths(), func(path string) bool { return !request.Record.IsLink(path) }))
	if err != nil {
		return install.Plan{}, err
	}
	r := removal{request: request, daemon: d, needing: needing, keep: hasPods(needing)}
	plan := install.Plan{Engine: engineName}
	for _, path := range r.paths(files) {
		var file install.File
		var err error
		if request.Record.IsLink(path) {
			file, err = r.link(path)
		} else {
			file, err = r.file(path)
		}
		if err != nil {
			return install.Plan{}, err
		}
		plan.Files = append(plan.Files, file)
	}
	if plan.Changes() {
		plan.Check = r.checker()
	}
	plan.Notes = r.notes(plan)
	return plan, nil
}

// removal is a configuration that is being made what it was.
type removal struct {
	request install.Request
	daemon  daemon
	needing []needing
	keep    bool // the handler, without the shim
	kept    bool // there was one to keep
	// standIn is the link that leads to containerd's own shim now.
	standIn string
}

// paths are the files to be looked at: those of the configuration, and all that
// were changed.
func (r *removal) paths(files []*file) []string {
	var paths []string
	for _, f := range files {
		paths = append(paths, f.path)
	}
	for _, path := range r.request.Record.Paths() {
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// file plans for one configuration file. It stays recorded with what it was
// before as long as something of ours is in it.
func (r *removal) file(path string) (install.File, error) {
	host, record := r.request.Host, r.request.Record
	path, now, err := host.Read(path)
	if err != nil || now == nil {
		return install.File{Path: path}, err
	}
	if r.keep {
		doc, err := install.ParseTOML(path, now)
		if err != nil {
			return install.File{}, err
		}
		if len(ourHandlers(doc)) > 0 {
			r.kept = true
			after, err := r.takeOut(path, now, record.Original(path))
			return install.File{Path: path, Before: now, After: after, Ours: true}, err
		}
	}
	return record.Undo(host, path, func(now, original []byte) ([]byte, error) {
		return r.takeOut(path, now, original)
	})
}

// link plans for the link in the $PATH. What was started by it goes on with
// containerd's own shim behind the name: that can clear up after ours.
func (r *removal) link(path string) (install.File, error) {
	file, err := r.request.Record.Undo(r.request.Host, path, nil)
	if err != nil || file.After != nil {
		return file, err
	}
	if stock := r.stock(path); len(r.needing) > 0 && stock != "" || r.isNamed(path) {
		file.Ours = true
		if file.After = file.Before; stock != "" {
			file.After = []byte(stock)
			r.standIn = path
		}
	}
	return file, nil
}

// isNamed tells whether containerd knows a container's shim by a path. It need
// not be ours any more that the path leads to.
func (r *removal) isNamed(path string) bool {
	return slices.ContainsFunc(r.needing, func(n needing) bool { return n.shim == path })
}

// stock is containerd's own shim in its $PATH, empty if there is none.
func (r *removal) stock(link string) string {
	for dir := range strings.SplitSeq(r.daemon.path, ":") {
		path := filepath.Join(dir, stockShim)
		if filepath.IsAbs(path) && path != link && r.request.Host.Exists(path) && !isShim(r.request.Host, path) {
			return path
		}
	}
	return ""
}

// checker lets containerd read what is left. Whoever has removed it first has
// nothing to check.
func (r *removal) checker() func(context.Context) error {
	d := r.daemon
	if d.program == "" {
		return nil
	}
	return func(ctx context.Context) error {
		_, err := d.dump(ctx, d.host.Exists(d.config))
		return err
	}
}

func hasPods(all []needing) bool {
	return slices.ContainsFunc(all, func(n needing) bool { return strings.HasPrefix(n.name, kubernetesNamespace+"/") })
}

// notes are for the operator.
func (r *removal) notes(plan install.Plan) []string {
	var notes []string
	switch {
	case plan.Changes():
		notes = append(notes, "run: systemctl restart containerd", "running containers and pods go on undisturbed through the restart")
	case len(r.needing) == 0 && !r.kept:
		return []string{"not installed; nothing was changed"}
	default:
		notes = append(notes, "nothing was changed")
	}
	if r.kept {
		notes = append(notes, fmt.Sprintf("the handler %q stays, now with containerd's own shim: without it containerd would start no container any more in pods that were created under it", ourHandler))
	}
	if r.standIn != "" {
		notes = append(notes, r.standIn+" stays, now leading to containerd's own shim: containers that run know theirs by this name")
	}
	direct := slices.DeleteFunc(slices.Clone(r.needing), func(n needing) bool { return n.shim == r.standIn || n.shim == "" })
	if len(direct) > 0 {
		notes = append(notes, fmt.Sprintf("%s must stay where it is: containerd would lose these at its next start without it: %s", shimName, Named(names(direct))))
	}
	if len(r.needing) > 0 {
		notes = append(notes, "once the containers and pods that run now are gone, run unbusy uninstall containerd again")
	}
	return notes
}

// Named lists some of the containers that [StillNeeded] returns, for people.
func Named(needing []string) string {
	named := strings.Join(needing[:min(maxNamed, len(needing))], ", ")
	if more := len(needing) - maxNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return named
}
