package wrapper

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tidwall/gjson"

	"github.com/unbusy/unbusy/internal/linux"
	"github.com/unbusy/unbusy/pkg/spec"
)

// maxState bounds what is read of a runtime's state, in bytes. runc's has most
// of the container's configuration in it.
const maxState = 16 << 20

// State is what a runtime knows of a container that exists.
type State struct {
	ID string
	// Bundle is the directory of the container's specification.
	Bundle string
	// Rootfs is the directory that the runtime takes for the container's root.
	// Like Bundle it is absolute; symbolic links are the runtime's affair.
	Rootfs string
	// PID is the container's first process, which may have ended.
	PID int
}

// stateFile returns the file that a runtime of the given kind keeps a
// container's state in, below its root. The error is fs.ErrNotExist for a name
// that no container can have.
func stateFile(kind spec.Runtime, root, id string) (string, error) {
	if !validID(id) {
		return "", fmt.Errorf("container id: %w", fs.ErrNotExist)
	}
	if kind == spec.RuntimeCrun {
		return filepath.Join(root, id, "status"), nil
	}
	return filepath.Join(root, id, "state.json"), nil
}

// validID reports whether a container can have the name: runc's rule
// (libcontainer/factory_linux.go, validateID), of which crun allows a part, and
// that it is the name of a directory.
func validID(id string) bool {
	for _, c := range []byte(id) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_+-.", rune(c)) {
			return false
		}
	}
	return id != "" && id != "." && id != ".." && len(id) <= 255
}

// readState reads what a runtime of the given kind has written into file. The
// error satisfies fs.ErrNotExist if there is no such container.
func readState(kind spec.Runtime, file, id string) (State, error) {
	data, err := readRegular(file)
	if err != nil {
		return State{}, fmt.Errorf("read the runtime's state: %w", err)
	}
	parse := parseRuncState
	if kind == spec.RuntimeCrun {
		parse = parseCrunStatus
	}
	state, err := parse(data)
	if err == nil {
		err = state.check(id)
	}
	if err != nil {
		return State{}, fmt.Errorf("read the runtime's state: %s: %w", file, err)
	}
	return state, nil
}

// check refuses a state that is not of this container, or leads nowhere.
func (s *State) check(id string) error {
	switch {
	case s.ID == "":
		s.ID = id // crun's does not tell
	case s.ID != id:
		return fmt.Errorf("it is of container %q", s.ID)
	}
	switch {
	case !filepath.IsAbs(s.Bundle):
		return fmt.Errorf("the bundle %q is no absolute path", s.Bundle)
	case s.Rootfs == "":
		return errors.New("it names no root file system")
	case !filepath.IsAbs(s.Rootfs):
		s.Rootfs = filepath.Join(s.Bundle, s.Rootfs) // crun has what the specification says
	}
	return nil
}

// parseRuncState reads runc's state.json (libcontainer, type State). Most of that
// is the whole configuration of the container, which is not decoded: this is read
// twice in the life of every container.
func parseRuncState(data []byte) (State, error) {
	if err := spec.CheckDepth(data); err != nil {
		return State{}, err
	}
	if !gjson.ValidBytes(data) {
		return State{}, cmp.Or(json.Unmarshal(data, new(any)), errors.New("not valid JSON"))
	}
	var s State
	for path, into := range map[string]*string{"id": &s.ID, "config.rootfs": &s.Rootfs} {
		value := gjson.GetBytes(data, path)
		if !value.Exists() {
			continue
		}
		if value.Type != gjson.String {
			return State{}, fmt.Errorf("%s: no string but %.100s", path, value.Raw)
		}
		*into = value.Str
	}
	s.PID = int(gjson.GetBytes(data, "init_process_pid").Int())
	if s.ID == "" {
		return State{}, errors.New("it names no container")
	}
	labels := gjson.GetBytes(data, "config.labels")
	if !labels.IsArray() {
		return s, nil
	}
	for _, label := range labels.Array() {
		// The container's annotations come first, whatever they are called; what
		// runc appends itself is the last (libcontainer/specconv).
		if bundle, ok := strings.CutPrefix(label.String(), "bundle="); ok {
			s.Bundle = bundle
		}
	}
	return s, nil
}

// parseCrunStatus reads crun's status (src/libcrun/status.c).
func parseCrunStatus(data []byte) (State, error) {
	var status struct {
		PID    int    `json:"pid"`
		Bundle string `json:"bundle"`
		Rootfs string `json:"rootfs"`
	}
	if err := json.Unmarshal(data, &status); err != nil {
		return State{}, err
	}
	return State{Bundle: status.Bundle, Rootfs: status.Rootfs, PID: status.PID}, nil
}

// readRegular reads a regular file. A link in its place is an error.
func readRegular(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return linux.ReadRegular(f, maxState)
}
