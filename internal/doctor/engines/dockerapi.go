package engines

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/unbusy/unbusy/internal/engine/ask"
	"github.com/unbusy/unbusy/internal/linux"
)

const (
	// maxWait bounds the look for a socket on which dockerd answers.
	maxWait = 8 * time.Second
	// maxSocketPath is what fits into a socket's address (unix(7)).
	maxSocketPath = 107
)

// dockerInfo is what matters here of what dockerd says about itself (moby
// api/swagger.yaml, SystemInfo).
type dockerInfo struct {
	ServerVersion      string
	DockerRootDir      string
	DefaultRuntime     string
	Runtimes           map[string]dockerRuntime
	LiveRestoreEnabled bool
	ContainersRunning  int
}

// dockerRuntime is what containers can run under: a program that the shim for
// runc calls, or a type of shim.
type dockerRuntime struct {
	Path string `json:"path"`
	Type string `json:"runtimeType"`
}

// stuckContainer is a container as dockerd lists it.
type stuckContainer struct {
	ID    string `json:"Id"`
	Names []string
	State string
}

// dockerAPI is dockerd's API on a socket of its own.
type dockerAPI struct{ socket string }

// openDocker finds a socket on which a dockerd answers, and what it says about
// itself.
func openDocker(ctx context.Context, d daemon) (dockerAPI, dockerInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	var info dockerInfo
	sockets, err := ask.Sockets(d.pid)
	if err != nil {
		return dockerAPI{}, info, err
	}
	errs := []error{fmt.Errorf("dockerd (pid %d) does not answer", d.pid)}
	for _, socket := range sockets {
		// Its own helpers and plugins call on these.
		if filepath.Base(filepath.Dir(socket)) == "libnetwork" || filepath.Base(socket) == "metrics.sock" {
			continue
		}
		// It may have a mount namespace of its own.
		if inside := d.root() + socket; len(inside) <= maxSocketPath {
			socket = inside
		}
		api := dockerAPI{socket}
		err := api.isOf(ctx, d.pid)
		if err == nil {
			err = api.get(ctx, "/info", nil, &info)
		}
		if err == nil {
			return api, info, nil
		}
		errs = append(errs, err)
	}
	return dockerAPI{}, info, errors.Join(errs...)
}

// isOf makes sure that the socket is one that a process listens on. For one that
// systemd made it is PID 1 that listens.
func (a dockerAPI) isOf(ctx context.Context, pid int) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", a.socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return fmt.Errorf("a %T is no unix socket", conn)
	}
	peer, err := linux.PeerPID(unixConn)
	if err == nil && peer != pid && peer != 1 {
		err = fmt.Errorf("process %d listens on %s", peer, a.socket)
	}
	return err
}

// stuck lists the containers that dockerd failed to remove, and those that it is
// removing.
func (a dockerAPI) stuck(ctx context.Context) ([]stuckContainer, error) {
	var list []stuckContainer
	query := url.Values{"all": {"1"}, "filters": {`{"status":["dead","removing"]}`}}
	err := a.get(ctx, "/containers/json", query, &list)
	return list, err
}

// state is what a container is in now, "gone" if there is none of that id any
// more. The list has it as of the last change that was written down.
func (a dockerAPI) state(ctx context.Context, id string) (string, error) {
	var container struct {
		State struct{ Status string }
	}
	err := a.get(ctx, "/containers/"+url.PathEscape(id)+"/json", nil, &container)
	var refused *ask.RefusedError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return "gone", nil
	}
	return container.State.Status, err
}

// get asks for something in the newest version of the API that there is.
func (a dockerAPI) get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return ask.GetDocker(ctx, a.socket, path, into)
}
