package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// maxBody bounds what is read of an answer. That about a container has its
// labels and its environment in it.
const maxBody = 16 << 20

// Docker asks the dockerd that listens on a unix socket about a container by its
// full id. Its API is asked without a version, and so in the newest one there
// is: what is read of the answer has been the same since 1.21 (moby
// api/swagger.yaml, ContainerInspect).
func Docker(ctx context.Context, socket, id string) (Answer, error) {
	c, err := inspect(ctx, socket, id)
	if err != nil || c == nil {
		if err == nil {
			return NoSuch, nil
		}
		return Unknown, err
	}
	return c.answer(), nil
}

// dockerContainer is what matters here of a container.
type dockerContainer struct {
	ID    string `json:"Id"`
	State struct {
		Running    bool
		Paused     bool
		Restarting bool
	}
	NetworkSettings struct {
		SandboxKey string
	}
}

func (c *dockerContainer) answer() Answer {
	if c.State.Running || c.State.Paused || c.State.Restarting {
		return Running
	}
	return Stopped
}

// inspect returns nothing, and no error, if there is no such container.
func inspect(ctx context.Context, socket, id string) (*dockerContainer, error) {
	if !isID(id) {
		return nil, fmt.Errorf("%q is no full id of Docker's", id)
	}
	var c dockerContainer
	err := GetDocker(ctx, socket, "/containers/"+id+"/json", &c)
	// A 404 can also come from somebody who is no dockerd.
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound &&
		strings.Contains(strings.ToLower(refused.Message), "no such container") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if c.ID != id {
		return nil, fmt.Errorf("asked about container %s, %s answered about %q", id, socket, c.ID)
	}
	return &c, nil
}

// RefusedError is an answer of dockerd's that is an error.
type RefusedError struct {
	// Status is that of HTTP.
	Status int
	// Message is dockerd's own text.
	Message string
}

func (r *RefusedError) Error() string {
	return fmt.Sprintf("status %d: %s", r.Status, r.Message)
}

// GetDocker asks the dockerd that listens on a unix socket for a path of its API, a
// query included, and decodes the answer. The error is a [*RefusedError] if dockerd
// answered with one.
func GetDocker(ctx context.Context, socket, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	if err := get(ctx, socket, path, into); err != nil {
		return fmt.Errorf("ask dockerd on %s: %w", socket, err)
	}
	return nil
}

func get(ctx context.Context, socket, path string, into any) error {
	target := url.URL{Scheme: "http", Host: "docker", Path: path}
	if path, query, ok := strings.Cut(path, "?"); ok {
		target.Path, target.RawQuery = path, query
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return err
	}
	client := http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		var answer struct{ Message string }
		if err := json.Unmarshal(body, &answer); err != nil {
			return fmt.Errorf("status %d, and no JSON: %w", response.StatusCode, err)
		}
		return &RefusedError{response.StatusCode, answer.Message}
	}
	return json.Unmarshal(body, into)
}
