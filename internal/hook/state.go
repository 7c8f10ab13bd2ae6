package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/sirupsen/logrus"

	"github.com/unbusy/unbusy/internal/lifecycle"
)

// state is the part of a container's state that matters here, as the OCI runtime
// specification has a runtime hand it to hooks (runtime.md, State).
type state struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	// PID is the container's first process, as the runtime sees it.
	PID int `json:"pid"`
	// Bundle is absolute.
	Bundle string `json:"bundle"`
}

// readState reads the state that the hook was given.
func (c call) readState(ctx context.Context) (state, error) {
	text, err := read(ctx, c.stdin)
	if err != nil {
		return state{}, err
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return state{}, fmt.Errorf("not the state of a container: %w", err)
	}
	switch {
	case s.ID == "":
		return state{}, errors.New("the state of no container")
	case !filepath.IsAbs(s.Bundle):
		return state{}, fmt.Errorf("the state of a container whose bundle %q is no absolute path", s.Bundle)
	}
	return s, nil
}

// container is what the state is of.
func (c call) container(s state) lifecycle.Container {
	return lifecycle.Container{
		ID: s.ID, Bundle: s.Bundle, PID: s.PID, Settings: c.settings.Config,
		Log: c.log.WithFields(logrus.Fields{"container": s.ID, "bundle": s.Bundle}),
	}
}
