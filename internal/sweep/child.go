package sweep

import (
	"context"
	"encoding/json"
	"os"
	"runtime/debug"
	"time"

	"github.com/unbusy/unbusy/internal/linux"
)

// The names under which a program of ours is called to be the process that may
// hang: one that does what it is told, and one that is going to be asked only and
// begins before it is.
const (
	childName = "unbusy: sweep"
	askedName = "unbusy: look"
)

// The child's descriptors beside the three standard ones, which lead nowhere.
const (
	requestFD = 3 + iota
	reportFD
)

// collectAt is how much may be allocated before it is collected, in percent of what
// is in use.
const collectAt = 400

// order is what the child is told.
type order struct {
	Request Request `json:"request"`
	// Until is when the child has to be done.
	Until time.Time `json:"until"`
}

// IsChild reports whether a program was called to be the process that may hang:
// then it has to call [Child] and nothing else.
func IsChild(args []string) bool {
	return len(args) == 1 && (args[0] == childName || args[0] == askedName)
}

// Child carries out what [Run] asks for, and returns the exit status.
func Child() int {
	// Tables are read, looked at once and forgotten: to collect them at every few
	// megabytes takes longer than everything else that is done with them.
	debug.SetGCPercent(collectAt)
	seen := asSeen()
	if os.Args[0] == askedName {
		go seen.leaders()
	}
	go func() {
		_ = linux.RoomForDescriptors(mostKept) // without it, it takes longer
	}()
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
	if err := json.NewEncoder(out).Encode(do(ctx, o.Request, seen)); err != nil {
		return 1
	}
	return 0
}
