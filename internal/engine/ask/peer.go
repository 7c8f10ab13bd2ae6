package ask

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/unbusy/unbusy/internal/linux"
)

// maxWait bounds each question to an engine, whatever the caller allows.
const maxWait = 10 * time.Second

// connect connects to a unix socket and returns who listens there.
func connect(ctx context.Context, socket string) (net.Conn, int, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, 0, err
	}
	pid, err := peerPID(conn)
	if err != nil {
		conn.Close()
		return nil, 0, fmt.Errorf("who listens on %s: %w", socket, err)
	}
	return conn, pid, nil
}

func peerPID(conn net.Conn) (int, error) {
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, fmt.Errorf("a %T is no unix socket", conn)
	}
	return linux.PeerPID(unixConn)
}
