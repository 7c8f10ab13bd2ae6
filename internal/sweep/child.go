package sweep

import (
	"context"
	"encoding/json"
	"os"
	"time"
)

// childName is the name under which a program of ours is called to be the
// process that may hang.
const childName = "unbusy: sweep"

// The child's descriptors beside the three standard ones, which lead nowhere.
const (
	requestFD = 3 + iota
	reportFD
)

// order is what the child is told.
type order struct {
	Request Request `json:"request"`
	// Until is when the child has to be done.
	Until time.Time `json:"until"`
}

// IsChild reports whether a program was called to be the process that may hang:
// then it has to call [Child] and nothing else.
func IsChild(args []string) bool { return len(args) == 1 && args[0] == childName }

// Child carries out what [Run] asks for, and returns the exit status.
func Child() int {
	in, out := os.NewFile(requestFD, "request"), os.NewFile(reportFD, "report")
	if in == nil || out == nil {
		return 1
	}
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return 1
	}
	in.Close()
	ctx, cancel := context.WithDeadline(context.Background(), o.Until)
	defer cancel()
	if err := json.NewEncoder(out).Encode(do(ctx, o.Request)); err != nil {
		return 1
	}
	return 0
}
