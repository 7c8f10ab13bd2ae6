package lifecycle

import "github.com/unbusy/unbusy/internal/wrapper"

// Sweeper is what the wrapper does about containers' mounts.
func Sweeper() wrapper.Sweeper { return wrapper.Sweeper{Record: start, Prepare: end} }
