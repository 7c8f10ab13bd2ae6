package ask

import (
	"context"
	"errors"
	"path/filepath"
)

// sandboxKeyLength is that of the names of containers' network namespaces. Those
// of swarm's networks and that of the host are called otherwise (moby
// libnetwork/osl/namespace_linux.go, GenerateKey).
const sandboxKeyLength = 12

// dockerNetns asks for the container whose network namespace is pinned under a
// key. Its id is empty if there is none. A container that ended is still the one
// of its last key, although it will get another when it starts (tried with
// 20.10).
func dockerNetns(ctx context.Context, socket, key string) (id string, answer Answer, err error) {
	if len(key) != sandboxKeyLength || !isHex(key) {
		return "", Unknown, errors.New("it is not a container's network namespace")
	}
	var list []struct {
		ID string `json:"Id"`
	}
	if err := GetDocker(ctx, socket, "/containers/json?all=1", &list); err != nil {
		return "", Unknown, err
	}
	for _, listed := range list {
		c, err := inspect(ctx, socket, listed.ID)
		if err != nil {
			return "", Unknown, err
		}
		if c != nil && filepath.Base(c.NetworkSettings.SandboxKey) == key {
			return c.ID, c.answer(), nil
		}
	}
	return "", NoSuch, nil
}
